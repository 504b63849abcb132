"""Reads of projects and roles, with authorisation."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from apikit.actors import Actor
from workspaces.errors import ActionNotAllowedError, ProjectNotFoundError
from workspaces.models import Member, Project
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
