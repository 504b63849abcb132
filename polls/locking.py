"""Locks polls for a change, and authorises it."""

from uuid import UUID

from apikit.actors import Actor
from apikit.errors import PreconditionFailedError
from apikit.revisions import Revisions
from polls.errors import NotPollOwnerError, PollHiddenError, PollNotFoundError
from polls.models import Poll
from polls.visibility import is_changeable, is_visible, may
from workspaces.errors import ActionNotAllowedError
from workspaces.permissions import Action
from workspaces.selectors import lock_projects, read_role


def lock_poll_for_change(
    actor: Actor,
    poll_id: UUID,
    expected_revisions: Revisions = None,
    *,
    target_project_id: UUID | None = None,
) -> Poll:
    """Return a poll that ``actor`` may change, locked until the end of the transaction.

    Also locks its project, so that the actor keeps their role until then, and the one it moves to.

    :raises PollNotFoundError: as in :func:`get_poll_for`.
    :raises NotPollOwnerError: for a poll of another user, or of a team of others.
    :raises ActionNotAllowedError: if the actor's role in the project does not allow it.
    :raises PollHiddenError: for the actor's own poll that a moderator has hidden.
    :raises PreconditionFailedError: if its revision is not in ``expected_revisions``.
    """
    actor.account_id()
    poll = Poll.objects.select_for_update().filter(id=poll_id).first()
    if poll is None:
        raise PollNotFoundError
    lock_projects(poll.project_id, target_project_id)
    role = read_role(poll.project_id, actor)
    if not is_visible(poll, actor, role):
        raise PollNotFoundError
    if not may(poll, actor, role, Action.EDIT_POLLS):
        raise NotPollOwnerError if role is None else ActionNotAllowedError
    if not is_changeable(poll, actor, role):
        raise PollHiddenError
    if expected_revisions is not None and poll.revision not in expected_revisions:
        raise PreconditionFailedError
    return poll
