"""What a person may do with a poll on its pages."""

from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from apikit.actors import Actor
from polls.models import Poll
from polls.selectors import get_managed_poll_for
from polls.visibility import is_changeable, may, poll_roles, polls_showing_results, role_in
from workspaces.permissions import Action


@dataclass(frozen=True, slots=True)
class PollRights:
    """For a poll without a team, its creator has all of them unless it is hidden."""

    can_change: bool
    can_present: bool
    can_export: bool
    sees_results: bool


def read_rights(poll: Poll, actor: Actor) -> PollRights:
    """Reads the rights of ``actor``; at most two queries."""
    roles = poll_roles([poll], [actor])
    role = role_in(roles, poll, actor)
    return PollRights(
        can_change=is_changeable(poll, actor, role),
        can_present=may(poll, actor, role, Action.PRESENT_POLLS),
        can_export=may(poll, actor, role, Action.EXPORT_POLLS),
        sees_results=bool(polls_showing_results([poll], actor, roles, timezone.now())),
    )


def get_viewed_poll_for(actor: Actor, poll_id: UUID) -> tuple[Poll, PollRights]:
    """Returns a poll that ``actor`` may see on the organiser's pages, with their rights.

    :raises PollNotFoundError: for polls of others as for missing ones.
    """
    poll = get_managed_poll_for(actor, poll_id, Action.VIEW_POLLS)
    return poll, read_rights(poll, actor)
