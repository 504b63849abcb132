"""Moves polls between workspaces, into projects, and out of them."""

from datetime import datetime
from uuid import UUID

from apikit.actors import Actor
from polls.hooks import poll_access_changed
from polls.models import Poll
from polls.publishing import publish_poll_update
from polls.saving import save_change
from polls.visibility import may
from workspaces.activity import Target, record
from workspaces.errors import ActionNotAllowedError, WorkspaceArchivedError
from workspaces.models import Workspace
from workspaces.permissions import Action, Role
from workspaces.selectors import get_workspace_for, read_role


def find_target_project(workspace_id: UUID | None) -> UUID | None:
    """Return the project of a workspace, to be locked before the poll is moved there.

    None if there is no such workspace; the caller reports that only to people who may change the
    poll.
    """
    if workspace_id is None:
        return None
    workspaces = Workspace.objects.filter(id=workspace_id)
    # It never moves to another project.
    return workspaces.values_list("project_id", flat=True).first()


def lock_workspace_for_polls(actor: Actor, workspace_id: UUID, action: Action) -> Workspace:
    """Return a workspace that takes new polls, with its project locked.

    :raises WorkspaceNotFoundError, ActionNotAllowedError: see ``get_workspace_for``.
    :raises WorkspaceArchivedError: if it takes none.
    """
    workspace = get_workspace_for(actor, workspace_id, action, is_locked=True)
    if workspace.archived_at is not None:
        raise WorkspaceArchivedError
    return workspace


def move_poll(poll: Poll, workspace_id: UUID | None, actor: Actor, now: datetime) -> None:
    """Move a poll that ``actor`` may change; it and both projects are locked.

    Out of its project, it belongs to ``actor``, but to its creator if staff move it who are not
    members.

    :raises ActionNotAllowedError: without the right to move polls out of the project.
    :raises ApiError: what :func:`lock_workspace_for_polls` raises.
    """
    if workspace_id == poll.workspace_id:
        return
    before = poll.project_id, poll.workspace_id
    if workspace_id is None:
        role = _check_may_release(poll, actor)
        poll.creator_id = poll.creator_id if role is None else actor.account_id()
        poll.project_id = poll.workspace_id = None
    else:
        _put_into(poll, workspace_id, actor)
    save_change(poll, now)
    poll_access_changed.run([poll.id])
    publish_poll_update(poll, "edited", now)
    _record(poll, *before, actor)


def _check_may_release(poll: Poll, actor: Actor) -> Role | None:
    role = read_role(poll.project_id, actor)
    if not may(poll, actor, role, Action.RELEASE_POLLS):
        raise ActionNotAllowedError
    return role


def _put_into(poll: Poll, workspace_id: UUID, actor: Actor) -> None:
    is_within = poll.project_id is not None and poll.project_id == find_target_project(workspace_id)
    if poll.project_id is not None and not is_within:
        _check_may_release(poll, actor)
    action = Action.EDIT_POLLS if is_within else Action.CREATE_POLLS
    workspace = lock_workspace_for_polls(actor, workspace_id, action)
    poll.project_id, poll.workspace_id = workspace.project_id, workspace.id


def _record(
    poll: Poll, old_project_id: UUID | None, old_workspace_id: UUID | None, actor: Actor
) -> None:
    """Record the move in both projects; neither learns the workspace of the other."""
    if old_project_id == poll.project_id:
        _record_in(poll.project_id, poll, old_workspace_id, poll.workspace_id, actor)
        return
    _record_in(old_project_id, poll, old_workspace_id, None, actor)
    _record_in(poll.project_id, poll, None, poll.workspace_id, actor)


def _record_in(
    project_id: UUID | None, poll: Poll, old: UUID | None, new: UUID | None, actor: Actor
) -> None:
    if project_id is None:
        return
    target = Target("poll", poll.id, poll.question, new or old)
    before, after = ({"workspaceId": None if each is None else str(each)} for each in (old, new))
    record(project_id, "poll.moved", target, actor=actor, before=before, after=after)
