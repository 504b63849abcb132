"""Writes to workspaces: creating, changing, archiving and deleting them."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apikit.actors import Actor
from apikit.revisions import Revisions
from workspaces import hooks
from workspaces.activity import Target, changed_fields, record
from workspaces.errors import ProjectFullError
from workspaces.limits import MAX_WORKSPACES
from workspaces.models import Workspace
from workspaces.naming import check_name
from workspaces.permissions import Action
from workspaces.projects import retry_while_polls_come
from workspaces.selectors import (
    check_revision,
    get_standing,
    get_workspace_for,
)
from workspaces.settings import check_settings, store_settings


def create_workspace(
    *, actor: Actor, project_id: UUID, name: str, settings: Mapping[str, Any] | None = None
) -> Workspace:
    """Create a workspace; ``settings`` is JSON of ``WorkspaceSettings``.

    :raises ProjectNotFoundError, ActionNotAllowedError: see ``get_standing``.
    :raises ValidationFailedError: for an invalid name or settings.
    :raises ProjectFullError: at the maximum number of workspaces, archived ones included.
    """
    now = timezone.now()
    with transaction.atomic():
        project = get_standing(actor, project_id, Action.EDIT_WORKSPACES, is_locked=True).project
        workspace = Workspace(
            project=project,
            name=check_name(name),
            settings=store_settings(check_settings(settings or {})),
            created_at=now,
            updated_at=now,
        )
        if Workspace.objects.filter(project=project).count() >= MAX_WORKSPACES:
            raise ProjectFullError
        workspace.save(force_insert=True)
        _record(workspace, "workspace.created", actor, None, {"name": workspace.name})
    return workspace


def update_workspace(
    *,
    actor: Actor,
    workspace_id: UUID,
    name: str | None = None,
    settings: Mapping[str, Any] | None = None,
    is_archived: bool | None = None,
    expected_revisions: Revisions = None,
) -> Workspace:
    """Change what is not None; ``settings`` replace all settings.

    Archived workspaces take no new polls, and keep those that they have. Archiving and other
    changes are activities of their own; if everything is the same already, nothing happens.

    :raises WorkspaceNotFoundError, ActionNotAllowedError: see ``get_workspace_for``.
    :raises PreconditionFailedError: if the revision is not in ``expected_revisions``.
    :raises ValidationFailedError: for an invalid name or settings.
    """
    with transaction.atomic():
        workspace = get_workspace_for(actor, workspace_id, Action.EDIT_WORKSPACES, is_locked=True)
        check_revision(workspace, expected_revisions)
        now = timezone.now()
        old, was_archived = _fields(workspace), workspace.archived_at is not None
        if name is not None:
            workspace.name = check_name(name)
        if settings is not None:
            workspace.settings = store_settings(check_settings(settings))
        is_moved = is_archived is not None and is_archived != was_archived
        if is_moved:
            workspace.archived_at = now if is_archived else None
        before, after = changed_fields(old, _fields(workspace))
        if not (after or is_moved):
            return workspace
        _save(workspace, now)
        if after:
            _record(workspace, "workspace.changed", actor, before, after)
        if is_moved:
            verb = "workspace.archived" if is_archived else "workspace.restored"
            _record(workspace, verb, actor, None, None)
    return workspace


def delete_workspace(
    *, actor: Actor, workspace_id: UUID, expected_revisions: Revisions = None
) -> None:
    """Delete a workspace with its polls.

    :raises WorkspaceNotFoundError, ActionNotAllowedError: see ``get_workspace_for``.
    :raises PreconditionFailedError: if the revision is not in ``expected_revisions``.
    """
    # Before polls are locked, so that others cannot make voters wait.
    get_workspace_for(actor, workspace_id, Action.DELETE_WORKSPACES)
    retry_while_polls_come(partial(_delete, actor, workspace_id, expected_revisions))


def _delete(actor: Actor, workspace_id: UUID, expected_revisions: Revisions) -> None:
    with transaction.atomic():
        poll_count = hooks.polls_per_workspace([workspace_id]).get(workspace_id, 0)
        hooks.workspace_deleted.run([workspace_id])
        workspace = get_workspace_for(actor, workspace_id, Action.DELETE_WORKSPACES, is_locked=True)
        check_revision(workspace, expected_revisions)
        before = {"name": workspace.name, "pollCount": poll_count}
        _record(workspace, "workspace.deleted", actor, before, None)
        workspace.delete()


def _save(workspace: Workspace, now: datetime) -> None:
    workspace.revision += 1
    workspace.updated_at = now
    workspace.save(update_fields=["name", "settings", "archived_at", "revision", "updated_at"])


def _fields(workspace: Workspace) -> dict[str, Any]:
    return {"name": workspace.name, "settings": workspace.settings}


def _record(
    workspace: Workspace,
    verb: str,
    actor: Actor,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
) -> None:
    target = Target("workspace", workspace.id, workspace.name, workspace.id)
    record(workspace.project_id, verb, target, actor=actor, before=before, after=after)
