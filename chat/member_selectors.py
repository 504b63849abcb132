"""Reads of the members of a room."""

from collections.abc import Iterable

from django.db.models import QuerySet

from chat.errors import NotRoomOwnerError
from chat.models import MemberRole, Membership
from chat.selectors import IS_MEMBER, Standing
from chat.wire import MemberView, view_person


def list_members_in(standing: Standing, *, are_all: bool = False) -> QuerySet[Membership]:
    """Return the members of a room of ``selectors.get_readable``, the last to come first.

    ``are_all`` includes people who were invited, muted or banned; only for moderators.

    :raises NotRoomOwnerError: if ``are_all`` is not for the actor.
    """
    if are_all and not standing.access.can_moderate:
        raise NotRoomOwnerError
    members = Membership.objects.filter(room_id=standing.room.id)
    members = members.select_related("user").order_by("-id")
    return members if are_all else members.filter(IS_MEMBER)


def view_members(members: Iterable[Membership], standing: Standing) -> list[MemberView]:
    """Return members as the person of ``standing`` sees them."""
    is_for_moderator = standing.access.can_moderate
    return [view_member(each, is_for_moderator=is_for_moderator) for each in members]


def view_member(membership: Membership, *, is_for_moderator: bool) -> MemberView:
    """Return somebody in a room; moderators also see what was decided about them."""
    return MemberView(
        user=view_person(membership.user),
        role=MemberRole(membership.role),
        joined_at=membership.joined_at,
        invited_at=membership.invited_at if is_for_moderator else None,
        muted_until=membership.muted_until if is_for_moderator else None,
        banned_at=membership.banned_at if is_for_moderator else None,
    )
