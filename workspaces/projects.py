"""Writes to projects: creating, changing and deleting them."""

from collections.abc import Callable
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone

from accounts.models import User
from apikit.actors import Actor
from apikit.errors import ConflictError
from apikit.revisions import Revisions
from workspaces import hooks
from workspaces.activity import Target, changed_fields, record
from workspaces.errors import TooManyProjectsError
from workspaces.evictions import publish_access_change
from workspaces.limits import MAX_PROJECTS
from workspaces.models import PROJECT_DELETED, Member, Project, Workspace
from workspaces.naming import check_description, check_name
from workspaces.permissions import Action, Role
from workspaces.roster import touch
from workspaces.selectors import check_revision, get_standing

# How often a deletion starts again because somebody has created a poll meanwhile.
DELETION_TRIES = 5


def create_project(*, actor: Actor, name: str, description: str = "") -> Project:
    """Create a project with ``actor`` as its owner.

    :raises AuthenticationRequiredError, GuestRefusedError: for visitors and guests.
    :raises ValidationFailedError: for an invalid name or description.
    :raises TooManyProjectsError: for an account that owns MAX_PROJECTS.
    """
    owner_id, now = actor.account_id(), timezone.now()
    project = Project(
        name=check_name(name),
        description=check_description(description),
        creator_id=owner_id,
        member_count=1,
        created_at=now,
        updated_at=now,
    )
    with transaction.atomic():
        # Concurrent requests of one account are counted one after another.
        User.objects.select_for_update(no_key=True).get(id=owner_id)
        if Member.objects.filter(user_id=owner_id, role=Role.OWNER).count() >= MAX_PROJECTS:
            raise TooManyProjectsError
        project.save(force_insert=True)
        Member.objects.create(project=project, user_id=owner_id, role=Role.OWNER, joined_at=now)
        record(
            project.id,
            "project.created",
            target_of(project),
            actor=actor,
            after={"name": project.name},
        )
    return project


def update_project(
    *,
    actor: Actor,
    project_id: UUID,
    name: str | None = None,
    description: str | None = None,
    expected_revisions: Revisions = None,
) -> Project:
    """Change what is not None; if it is the same already, nothing happens.

    :raises ProjectNotFoundError, ActionNotAllowedError: see ``get_standing``.
    :raises PreconditionFailedError: if the revision is not in ``expected_revisions``.
    :raises ValidationFailedError: for an invalid name or description.
    """
    with transaction.atomic():
        project = get_standing(actor, project_id, Action.EDIT_PROJECT, is_locked=True).project
        check_revision(project, expected_revisions)
        old = _fields(project)
        if name is not None:
            project.name = check_name(name)
        if description is not None:
            project.description = check_description(description)
        before, after = changed_fields(old, _fields(project))
        if after:
            touch(project, *after)
            target = target_of(project)
            record(project.id, "project.changed", target, actor=actor, before=before, after=after)
    return project


def delete_project(*, actor: Actor, project_id: UUID, expected_revisions: Revisions = None) -> None:
    """Delete a project with its workspaces and polls.

    :raises ProjectNotFoundError, ActionNotAllowedError: see ``get_standing``.
    :raises PreconditionFailedError: if the revision is not in ``expected_revisions``.
    """
    # Before polls are locked, so that others cannot make voters wait.
    get_standing(actor, project_id, Action.DELETE_PROJECT)

    def lock() -> Project:
        project = get_standing(actor, project_id, Action.DELETE_PROJECT, is_locked=True).project
        check_revision(project, expected_revisions)
        return project

    retry_while_polls_come(partial(delete_with_contents, project_id, lock, actor=actor))


def delete_with_contents(
    project_id: UUID, lock: Callable[[], Project | None], *, actor: Actor | None
) -> None:
    """Delete a project's polls, then the project that ``lock`` returns, unless that is None.

    :raises ProtectedError: if somebody has created a poll before ``lock`` returned.
    """
    with transaction.atomic():
        poll_count = hooks.polls_per_project([project_id]).get(project_id, 0)
        spaces = Workspace.objects.filter(project_id=project_id).order_by("id")
        hooks.workspace_deleted.run(list(spaces.values_list("id", flat=True)))
        project = lock()
        if project is None:
            transaction.set_rollback(True)
            return
        hooks.project_deleted.run(project_id)
        before = {"name": project.name, "pollCount": poll_count}
        record(project_id, PROJECT_DELETED, target_of(project), actor=actor, before=before)
        project.delete()
        publish_access_change(project_id)


def retry_while_polls_come(delete: Callable[[], None]) -> None:
    """Call ``delete``, a transaction, again while polls are created meanwhile.

    :raises ConflictError: after DELETION_TRIES.
    """
    for _ in range(DELETION_TRIES):
        try:
            return delete()
        except ProtectedError:
            continue
    raise ConflictError("Polls are being created here. Try again in a moment.")


def target_of(project: Project) -> Target:
    """Return a project as the target of an activity."""
    return Target("project", project.id, project.name)


def _fields(project: Project) -> dict[str, str]:
    return {"name": project.name, "description": project.description}
