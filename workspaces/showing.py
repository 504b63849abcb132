"""Projects, members and workspaces as somebody sees them; a fixed number of queries per page."""

from collections.abc import Collection, Sequence
from uuid import UUID

from django.db.models import Count

from accounts.models import PresenceStatus
from apikit.actors import Actor
from workspaces import hooks
from workspaces.models import Member, Project, Workspace
from workspaces.permissions import Action, Role, allows
from workspaces.selectors import read_roles
from workspaces.settings import read_settings
from workspaces.wire import ProjectMemberView, ProjectView, TeammateView, WorkspaceView


def view_projects(projects: Sequence[Project], actor: Actor) -> list[ProjectView]:
    """Return projects as ``actor`` sees them; three queries."""
    ids = [project.id for project in projects]
    roles = read_roles(ids, [actor.account_id()])
    workspaces, polls = _count_workspaces(ids), hooks.polls_per_project(ids)
    views = []
    for project in projects:
        role = roles.get((project.id, actor.account_id()))
        view = ProjectView(
            id=project.id,
            name=project.name,
            description=project.description,
            role=role,
            permissions=tuple(
                each for each in Action if allows(role, each, is_staff=actor.is_staff)
            ),
            member_count=project.member_count,
            workspace_count=workspaces.get(project.id, 0),
            poll_count=polls.get(project.id, 0),
            created_at=project.created_at,
            updated_at=project.updated_at,
        )
        views.append(view)
    return views


def view_member(member: Member, actor: Actor, *, shows_email: bool) -> ProjectMemberView:
    """Return a member with their account; ``shows_email`` to those who manage members."""
    user = member.user
    return ProjectMemberView(
        user=TeammateView(
            id=user.id,
            name=user.name,
            status=PresenceStatus(user.status),
            status_text=user.status_text,
            email=user.email if shows_email or actor.id == user.id else None,
        ),
        role=Role(member.role),
        joined_at=member.joined_at,
    )


def view_workspaces(workspaces: Sequence[Workspace]) -> list[WorkspaceView]:
    """Return workspaces; one query."""
    polls = hooks.polls_per_workspace([workspace.id for workspace in workspaces])
    return [
        WorkspaceView(
            id=workspace.id,
            project_id=workspace.project_id,
            name=workspace.name,
            settings=read_settings(workspace.settings),
            is_archived=workspace.archived_at is not None,
            archived_at=workspace.archived_at,
            poll_count=polls.get(workspace.id, 0),
            created_at=workspace.created_at,
            updated_at=workspace.updated_at,
        )
        for workspace in workspaces
    ]


def _count_workspaces(project_ids: Collection[UUID]) -> dict[UUID, int]:
    """Count the workspaces of projects that are not archived; one query."""
    workspaces = Workspace.objects.filter(project__in=project_ids, archived_at=None).order_by()
    return dict(
        workspaces.values("project").annotate(count=Count("id")).values_list("project", "count")
    )
