"""Reads of tallies, with authorisation."""

from uuid import UUID

from django.utils import timezone

from apikit.actors import Actor
from polls.cells import read_tally
from polls.errors import ResultsHiddenError
from polls.models import Poll
from polls.selectors import get_poll_for
from polls.tally import PollResults, results_of, version_of
from polls.visibility import is_public, may, poll_roles, polls_showing_results, role_in
from workspaces.errors import ActionNotAllowedError
from workspaces.permissions import Action


def get_tallied_poll_for(actor: Actor, poll_id: UUID) -> Poll:
    """Return a poll whose tally ``actor`` may see, with creator and options; at most five queries.

    :raises PollNotFoundError: as in :func:`get_poll_for`.
    :raises ResultsHiddenError: if ``actor`` may see the poll but not its tally.
    """
    poll = get_poll_for(actor, poll_id)
    roles = poll_roles([poll], [actor])
    if not polls_showing_results([poll], actor, roles, timezone.now()):
        raise ResultsHiddenError
    return poll


def get_exportable_poll_for(actor: Actor, poll_id: UUID) -> Poll:
    """Return a poll whose tally and timeline ``actor`` may export; at most six queries.

    Members whose role does not allow it may export what they could see without their role.

    :raises PollNotFoundError, ResultsHiddenError: as in :func:`get_tallied_poll_for`.
    :raises ActionNotAllowedError: if they see the poll or its tally only as a member.
    """
    poll = get_poll_for(actor, poll_id)
    roles, now = poll_roles([poll], [actor]), timezone.now()
    if not polls_showing_results([poll], actor, roles, now):
        raise ResultsHiddenError
    if may(poll, actor, role := role_in(roles, poll, actor), Action.EXPORT_POLLS) or role is None:
        return poll
    if not is_public(poll) or not polls_showing_results([poll], actor, {}, now):
        raise ActionNotAllowedError
    return poll


def get_results_for(actor: Actor, poll_id: UUID) -> PollResults:
    """Return the results of a poll.

    :raises PollNotFoundError, ResultsHiddenError: as in :func:`get_tallied_poll_for`.
    """
    poll = get_tallied_poll_for(actor, poll_id)
    tally = read_tally(poll, poll.options.all())
    return results_of(tally, version_of(poll, tally))
