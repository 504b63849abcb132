"""Which people get the online status of a person because they share a project."""

from collections.abc import Collection
from uuid import UUID

from realtime.people import related_people
from workspaces.models import Member

# In larger projects, a wave of arrivals would send everybody to everybody.
MAX_RELATED_MEMBERS = 100


@related_people.register
def read_teammates(user_ids: Collection[UUID]) -> dict[UUID, set[UUID]]:
    """Return for each user the members of the same projects, up to a size; one query."""
    own = Member.objects.filter(
        user__in=user_ids, project__member_count__lte=MAX_RELATED_MEMBERS
    ).order_by()
    pairs = own.values_list("user_id", "project__members__user_id")
    teammates: dict[UUID, set[UUID]] = {}
    for user_id, other_id in pairs:
        if other_id != user_id:
            teammates.setdefault(user_id, set()).add(other_id)
    return teammates
