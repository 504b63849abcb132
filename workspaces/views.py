"""The project and workspace endpoints."""

from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from apikit.actors import Actor
from apikit.idempotency import idempotent
from apikit.pagination import page_of
from apikit.revisions import expected_revisions, with_etag
from apikit.views import ApiViewSet, actor_of, read_body, read_query, respond
from apikit.wire import Done
from workspaces import docs, members, projects, selectors, serializers, spaces
from workspaces.invitation_selectors import states_of
from workspaces.invitation_wire import AddedMember, view_invitation
from workspaces.models import Invitation, Member, Project, Workspace
from workspaces.permissions import Action, Role
from workspaces.showing import view_member, view_projects, view_workspaces
from workspaces.wire import (
    ChangedProject,
    ChangedProjectMember,
    ChangedWorkspace,
    OneProject,
    OneWorkspace,
    ProjectList,
    ProjectMemberList,
    WorkspaceList,
)


class ProjectViewSet(ApiViewSet):
    """Listing, creating, changing, handing over and deleting projects."""

    @docs.list_projects
    def list(self, request: Request) -> Response:
        actor = actor_of(request)
        actor.account_id()
        query = read_query(serializers.ProjectQuerySerializer, request)
        rows, pagination = page_of(
            selectors.list_projects_for(actor, query.get("search", "")), query
        )
        return respond(ProjectList(projects=view_projects(rows, actor), pagination=pagination))

    @docs.create_project
    @idempotent
    def create(self, request: Request) -> Response:
        actor = actor_of(request)
        actor.account_id()
        body = read_body(serializers.ProjectCreateSerializer, request)
        return _changed(actor, projects.create_project(actor=actor, **body), "created", 201)

    @docs.get_project
    def retrieve(self, request: Request, project_id: UUID) -> Response:
        actor = actor_of(request)
        project = selectors.get_project_for(actor, project_id)
        [view] = view_projects([project], actor)
        return with_etag(respond(OneProject(project=view)), project.revision)

    @docs.update_project("updateProject", "Change a project")
    @idempotent
    def update(self, request: Request, project_id: UUID) -> Response:
        return self._update(request, project_id)

    @docs.update_project("patchProject", "Change a project, with PATCH")
    @idempotent
    def partial_update(self, request: Request, project_id: UUID) -> Response:
        return self._update(request, project_id)

    def _update(self, request: Request, project_id: UUID) -> Response:
        actor = actor_of(request)
        project = projects.update_project(
            actor=actor,
            project_id=project_id,
            expected_revisions=expected_revisions(request),
            **read_body(serializers.ProjectChangeSerializer, request),
        )
        return _changed(actor, project, "updated")

    @docs.delete_project
    @idempotent
    def destroy(self, request: Request, project_id: UUID) -> Response:
        projects.delete_project(
            actor=actor_of(request),
            project_id=project_id,
            expected_revisions=expected_revisions(request),
        )
        return respond(Done(message="Project deleted successfully"))

    @docs.transfer_project
    @idempotent
    def transfer(self, request: Request, project_id: UUID) -> Response:
        actor = actor_of(request)
        body = read_body(serializers.NewOwnerSerializer, request)
        members.transfer_project(actor=actor, project_id=project_id, **body)
        project = selectors.get_project_for(actor, project_id)
        return _changed(actor, project, "transferred")


class ProjectMemberViewSet(ApiViewSet):
    """Listing, adding and removing members, and their roles."""

    @docs.list_members
    def list(self, request: Request, project_id: UUID) -> Response:
        actor = actor_of(request)
        query = read_query(serializers.ProjectMemberQuerySerializer, request)
        standing = selectors.get_standing(actor, project_id)
        found = selectors.list_members_of(project_id, query.get("search", ""))
        rows, pagination = page_of(found, query)
        shows_email = standing.allows(Action.MANAGE_MEMBERS)
        views = [view_member(row, actor, shows_email=shows_email) for row in rows]
        return respond(ProjectMemberList(members=views, pagination=pagination))

    @docs.add_member
    @idempotent
    def create(self, request: Request, project_id: UUID) -> Response:
        actor = actor_of(request)
        body = read_body(serializers.NewMemberSerializer, request)
        found, is_new = members.add_member(
            actor=actor, project_id=project_id, email=body["email"], role=Role(body["role"])
        )
        status = 201 if is_new else 200
        if isinstance(found, Invitation):
            done = "sent" if is_new else "updated"
            return _invited(found, f"Invitation {done} successfully", status)
        message = "Member added successfully" if is_new else "This person is a member already"
        view = view_member(found, actor, shows_email=True)
        return respond(AddedMember(message=message, member=view, invitation=None), status)

    @docs.update_member
    @idempotent
    def update(self, request: Request, project_id: UUID, user_id: UUID) -> Response:
        actor = actor_of(request)
        role = Role(read_body(serializers.RoleSerializer, request)["role"])
        member = members.change_role(actor=actor, project_id=project_id, user_id=user_id, role=role)
        return _changed_member(member, actor, "Member updated successfully")

    @docs.remove_member
    @idempotent
    def destroy(self, request: Request, project_id: UUID, user_id: UUID) -> Response:
        actor = actor_of(request)
        members.remove_member(actor=actor, project_id=project_id, user_id=user_id)
        is_own = user_id == actor.id
        message = "Project left successfully" if is_own else "Member removed successfully"
        return respond(Done(message=message))


class WorkspaceViewSet(ApiViewSet):
    """Listing, creating, changing, archiving and deleting workspaces."""

    @docs.list_workspaces
    def list(self, request: Request, project_id: UUID) -> Response:
        query = read_query(serializers.WorkspaceQuerySerializer, request)
        found = selectors.list_workspaces_for(
            actor_of(request),
            project_id,
            query.get("search", ""),
            with_archived=query["with_archived"],
        )
        rows, pagination = page_of(found, query)
        return respond(WorkspaceList(workspaces=view_workspaces(rows), pagination=pagination))

    @docs.create_workspace
    @idempotent
    def create(self, request: Request, project_id: UUID) -> Response:
        body = read_body(serializers.WorkspaceCreateSerializer, request)
        workspace = spaces.create_workspace(actor=actor_of(request), project_id=project_id, **body)
        return _changed_workspace(workspace, "created", 201)

    @docs.get_workspace
    def retrieve(self, request: Request, workspace_id: UUID) -> Response:
        workspace = selectors.get_workspace_for(actor_of(request), workspace_id)
        [view] = view_workspaces([workspace])
        return with_etag(respond(OneWorkspace(workspace=view)), workspace.revision)

    @docs.update_workspace("updateWorkspace", "Change a workspace")
    @idempotent
    def update(self, request: Request, workspace_id: UUID) -> Response:
        body = read_body(serializers.WorkspaceChangeSerializer, request)
        return _change_workspace(request, workspace_id, "updated", **body)

    @docs.update_workspace("patchWorkspace", "Change a workspace, with PATCH")
    @idempotent
    def partial_update(self, request: Request, workspace_id: UUID) -> Response:
        body = read_body(serializers.WorkspaceChangeSerializer, request)
        return _change_workspace(request, workspace_id, "updated", **body)

    @docs.archive_workspace
    @idempotent
    def archive(self, request: Request, workspace_id: UUID) -> Response:
        return _change_workspace(request, workspace_id, "archived", is_archived=True)

    @docs.restore_workspace
    @idempotent
    def restore(self, request: Request, workspace_id: UUID) -> Response:
        return _change_workspace(request, workspace_id, "restored", is_archived=False)

    @docs.delete_workspace
    @idempotent
    def destroy(self, request: Request, workspace_id: UUID) -> Response:
        spaces.delete_workspace(
            actor=actor_of(request),
            workspace_id=workspace_id,
            expected_revisions=expected_revisions(request),
        )
        return respond(Done(message="Workspace deleted successfully"))


def _changed(actor: Actor, project: Project, done: str, status: int = 200) -> Response:
    [view] = view_projects([project], actor)
    body = ChangedProject(message=f"Project {done} successfully", project=view)
    return with_etag(respond(body, status), project.revision)


def _changed_member(member: Member, actor: Actor, message: str, status: int = 200) -> Response:
    # Only those who manage members get here.
    view = view_member(member, actor, shows_email=True)
    return respond(ChangedProjectMember(message=message, member=view), status)


def _invited(invitation: Invitation, message: str, status: int) -> Response:
    [listed] = states_of([invitation])
    view = view_invitation(listed)
    return respond(AddedMember(message=message, member=None, invitation=view), status)


def _change_workspace(request: Request, workspace_id: UUID, done: str, **changes: Any) -> Response:
    workspace = spaces.update_workspace(
        actor=actor_of(request),
        workspace_id=workspace_id,
        expected_revisions=expected_revisions(request),
        **changes,
    )
    return _changed_workspace(workspace, done)


def _changed_workspace(workspace: Workspace, done: str, status: int = 200) -> Response:
    [view] = view_workspaces([workspace])
    body = ChangedWorkspace(message=f"Workspace {done} successfully", workspace=view)
    return with_etag(respond(body, status), workspace.revision)
