"""Reads of projects and roles, with authorisation."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from accounts.selectors import matching_users
from apikit.actors import Actor
from apikit.errors import PreconditionFailedError
from apikit.revisions import Revisions
from apikit.searching import found_by
from workspaces.errors import (
    ActionNotAllowedError,
    ProjectNotFoundError,
    WorkspaceNotFoundError,
)
from workspaces.models import Member, Project, Workspace
from workspaces.permissions import Action, Role, allows

# Roles by (project id, user id).
Roles = dict[tuple[UUID, UUID], Role]


def read_roles(project_ids: Collection[UUID], user_ids: Collection[UUID]) -> Roles:
    """Return the roles of these users in these projects; one query, none without ids."""
    if not project_ids or not user_ids:
        return {}
    members = Member.objects.filter(project__any_of=project_ids, user__any_of=user_ids)
    return {
        (project_id, user_id): Role(role)
        for project_id, user_id, role in members.order_by().values_list(
            "project_id", "user_id", "role"
        )
    }


def read_role(project_id: UUID | None, actor: Actor) -> Role | None:
    """Return the role of ``actor`` in a project; one query, none for visitors or without one."""
    if project_id is None or actor.id is None or actor.is_guest:
        return None
    return read_roles([project_id], [actor.id]).get((project_id, actor.id))


def read_revisions(project_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return the revisions of projects, which rise with every change of members; one query."""
    projects = Project.objects.filter(id__any_of=project_ids)
    return dict(projects.order_by().values_list("id", "revision"))


def lock_projects(*project_ids: UUID | None) -> None:
    """Lock the rows of projects until the end of the transaction, by id, so that none deadlock.

    One query; none without ids. Lock polls before.
    """
    if ids := {each for each in project_ids if each is not None}:
        projects = Project.objects.select_for_update(no_key=True).filter(id__in=ids)
        list(projects.order_by("id").values_list("id", flat=True))


@dataclass(frozen=True, slots=True)
class Standing:
    """A project, and the role of an actor in it."""

    project: Project
    role: Role | None
    actor: Actor

    def allows(self, action: Action) -> bool:
        """Return whether the actor may do ``action``."""
        return allows(self.role, action, is_staff=self.actor.is_staff)

    def require(self, action: Action) -> None:
        """Check that the actor may do ``action``.

        :raises ProjectNotFoundError: for strangers, as for a project that does not exist.
        :raises ActionNotAllowedError: if the role does not allow it.
        """
        if not self.allows(Action.VIEW_PROJECT):
            raise ProjectNotFoundError
        if not self.allows(action):
            raise ActionNotAllowedError


def get_standing(
    actor: Actor, project_id: UUID, action: Action = Action.VIEW_PROJECT, *, is_locked: bool = False
) -> Standing:
    """Return the standing of ``actor`` in a project, checked for ``action``; two queries.

    With ``is_locked``, the project's row is locked until the end of the transaction, and with it
    its members and ``last_seq``. Lock polls before projects.

    :raises AuthenticationRequiredError, GuestRefusedError: for visitors and guests.
    :raises ProjectNotFoundError, ActionNotAllowedError: see ``Standing.require``.
    """
    actor.account_id()
    projects = Project.objects.select_for_update(no_key=True) if is_locked else Project.objects
    project = projects.filter(id=project_id).first()
    if project is None:
        raise ProjectNotFoundError
    # After the lock, so that a concurrent change of roles is seen.
    standing = Standing(project, read_role(project_id, actor), actor)
    standing.require(action)
    return standing


def list_projects_for(actor: Actor, search: str = "") -> QuerySet[Project]:
    """Return the projects that ``actor`` is a member of, newest first; for staff, too.

    :raises AuthenticationRequiredError, GuestRefusedError: for visitors and guests.
    """
    own = Member.objects.filter(project=OuterRef("pk"), user_id=actor.account_id())
    projects = Project.objects.filter(Exists(own)).order_by("-id")
    return projects.filter(found_by(search, "searchable_name")) if search else projects


def get_project_for(actor: Actor, project_id: UUID) -> Project:
    """Return a project that ``actor`` is a member of; two queries.

    :raises ProjectNotFoundError: for strangers, as for a project that does not exist.
    """
    return get_standing(actor, project_id).project


def list_members_for(actor: Actor, project_id: UUID, search: str = "") -> QuerySet[Member]:
    """Return the members with their accounts, the last to come first.

    :raises ProjectNotFoundError: for strangers, as for a project that does not exist.
    """
    get_standing(actor, project_id)
    return list_members_of(project_id, search)


def list_members_of(project_id: UUID, search: str = "") -> QuerySet[Member]:
    """Return the members of a project, without authorisation."""
    members = Member.objects.filter(project_id=project_id).select_related("user").order_by("-id")
    if search:
        members = members.filter(matching_users(search, by_email=False, prefix="user__"))
    return members


def list_workspaces_for(
    actor: Actor, project_id: UUID, search: str = "", *, with_archived: bool = False
) -> QuerySet[Workspace]:
    """Return the workspaces of a project, newest first; archived ones only if asked for.

    :raises ProjectNotFoundError: for strangers, as for a project that does not exist.
    """
    get_standing(actor, project_id)
    workspaces = Workspace.objects.filter(project_id=project_id).order_by("-id")
    if not with_archived:
        workspaces = workspaces.filter(archived_at=None)
    return workspaces.filter(found_by(search, "searchable_name")) if search else workspaces


def get_workspace_for(
    actor: Actor,
    workspace_id: UUID,
    action: Action = Action.VIEW_PROJECT,
    *,
    is_locked: bool = False,
) -> Workspace:
    """Return a workspace with its project, if ``actor`` may do ``action`` there; three queries.

    With ``is_locked``, the project's row is locked, and with it all its workspaces.

    :raises AuthenticationRequiredError, GuestRefusedError: for visitors and guests.
    :raises WorkspaceNotFoundError: for strangers, as for a workspace that does not exist.
    :raises ActionNotAllowedError: if the role does not allow it.
    """
    actor.account_id()
    workspaces = Workspace.objects.filter(id=workspace_id)
    # It never moves to another project.
    project_id = workspaces.values_list("project_id", flat=True).first()
    if project_id is None:
        raise WorkspaceNotFoundError
    try:
        standing = get_standing(actor, project_id, action, is_locked=is_locked)
    except ProjectNotFoundError as error:
        raise WorkspaceNotFoundError from error
    # After the lock, so that a concurrent change is seen.
    workspace = workspaces.first()
    if workspace is None:
        raise WorkspaceNotFoundError
    workspace.project = standing.project
    return workspace


def check_revision(row: Project | Workspace, expected_revisions: Revisions) -> None:
    """Check that nobody has changed a row since the client read it.

    :raises PreconditionFailedError: if its revision is not in ``expected_revisions``.
    """
    if expected_revisions is not None and row.revision not in expected_revisions:
        raise PreconditionFailedError
