"""Descriptions of the project and workspace endpoints for the OpenAPI document."""

from collections.abc import Callable
from functools import partial
from typing import Any

from apikit.errors import (
    ApiError,
    ConflictError,
    GuestRefusedError,
    InvalidCursorError,
    PreconditionFailedError,
)
from apikit.etag_docs import IF_MATCH, etag_header
from apikit.pagination import ONE_PAGE
from apikit.schema import operation
from apikit.wire import Done
from workspaces import errors, serializers, wire
from workspaces.errors import (
    ActionNotAllowedError,
    LastProjectOwnerError,
    MemberNotFoundError,
    ProjectFullError,
    ProjectNotFoundError,
    WorkspaceNotFoundError,
)
from workspaces.examples import PROJECT, PROJECT_MEMBER, WORKSPACE
from workspaces.invitation_wire import AddedMember

_ETAG = etag_header(
    "The revision, for `If-Match`. A project's rises with changes of its members, too; "
    "polls and workspaces do not change it."
)
_IN_PROJECT: list[type[ApiError]] = [ProjectNotFoundError, GuestRefusedError]
_TO_PROJECT = [*_IN_PROJECT, ActionNotAllowedError]
_IN_WORKSPACE: list[type[ApiError]] = [WorkspaceNotFoundError, GuestRefusedError]
_TO_WORKSPACE = [*_IN_WORKSPACE, ActionNotAllowedError, PreconditionFailedError]

_read = partial(operation, tag="Projects")
_write = partial(operation, tag="Projects", is_write=True)

list_projects = _read(
    "listProjects",
    "List your projects",
    description="The projects you are a member of, newest first, each with your role and what it "
    "allows you to do.",
    query=serializers.ProjectQuerySerializer,
    refusals=[GuestRefusedError, InvalidCursorError],
    success={200: wire.ProjectList},
    example={"projects": [PROJECT], "pagination": ONE_PAGE},
)
create_project = _write(
    "createProject",
    "Create a project",
    description="You become its owner. Guests cannot create projects.",
    body=serializers.ProjectCreateSerializer,
    body_example={"name": "Town hall", "description": "Questions for our evenings."},
    refusals=[GuestRefusedError, errors.TooManyProjectsError],
    success={201: wire.ChangedProject},
    example={"message": "Project created successfully", "project": {**PROJECT, "role": "owner"}},
    parameters=[_ETAG],
)
get_project = _read(
    "getProject",
    "Get a project",
    description="For its members; for others it does not exist.",
    refusals=_IN_PROJECT,
    success={200: wire.OneProject},
    example={"project": PROJECT},
    parameters=[_ETAG],
)


def update_project(name: str, summary: str) -> Callable[[Any], Any]:
    """Describe PUT or PATCH, which do the same."""
    return _write(
        name,
        summary,
        description="Changes the fields that you send, with PUT as with PATCH. Owners only.",
        body=serializers.ProjectChangeSerializer,
        body_example={"name": "Town hall"},
        refusals=[*_TO_PROJECT, PreconditionFailedError],
        success={200: wire.ChangedProject},
        example={"message": "Project updated successfully", "project": PROJECT},
        parameters=[_ETAG, IF_MATCH],
    )


delete_project = _write(
    "deleteProject",
    "Delete a project",
    description="Deletes the project with its workspaces, polls and votes. This cannot be undone. "
    "Owners only.",
    refusals=[*_TO_PROJECT, PreconditionFailedError, ConflictError],
    success={200: Done},
    example={"message": "Project deleted successfully"},
    parameters=[IF_MATCH],
)
transfer_project = _write(
    "transferProject",
    "Hand over a project",
    description="Makes another member an owner, and you a collaborator. Owners only.",
    body=serializers.NewOwnerSerializer,
    body_example={"userId": PROJECT_MEMBER["user"]["id"]},
    refusals=[*_TO_PROJECT, MemberNotFoundError, LastProjectOwnerError],
    success={200: wire.ChangedProject},
    example={"message": "Project transferred successfully", "project": PROJECT},
    parameters=[_ETAG],
)
list_members = _read(
    "listProjectMembers",
    "List the members of a project",
    description="The last to come first. Email addresses are shown to owners and staff only; "
    "others see their own.",
    query=serializers.ProjectMemberQuerySerializer,
    refusals=[*_IN_PROJECT, InvalidCursorError],
    success={200: wire.ProjectMemberList},
    example={"members": [PROJECT_MEMBER], "pagination": ONE_PAGE},
)
add_member = _write(
    "addProjectMember",
    "Add a member to a project",
    description="The account with this email address becomes a member at once. An address without "
    "an account is invited, see `invite`. Adding a member again changes nothing, not even the "
    "role: 200 instead of 201. Owners only.",
    body=serializers.NewMemberSerializer,
    body_example={"email": "grace@example.org", "role": "viewer"},
    refusals=[*_TO_PROJECT, ProjectFullError],
    success={201: AddedMember, 200: AddedMember},
    example={
        "message": "Member added successfully",
        "member": PROJECT_MEMBER,
        "invitation": None,
    },
)
update_member = _write(
    "updateProjectMember",
    "Change the role of a member",
    description="Owners only. The last owner stays one.",
    body=serializers.RoleSerializer,
    body_example={"role": "collaborator"},
    refusals=[*_TO_PROJECT, MemberNotFoundError, LastProjectOwnerError],
    success={200: wire.ChangedProjectMember},
    example={
        "message": "Member updated successfully",
        "member": {**PROJECT_MEMBER, "role": "collaborator"},
    },
)
remove_member = _write(
    "removeProjectMember",
    "Remove a member, or leave",
    description="Owners remove others; everybody leaves with their own id. The last owner cannot "
    "leave. What the person created stays in the project.",
    refusals=[*_TO_PROJECT, MemberNotFoundError, LastProjectOwnerError],
    success={200: Done},
    example={"message": "Member removed successfully"},
)
list_workspaces = _read(
    "listWorkspaces",
    "List the workspaces of a project",
    description="Newest first, without archived ones unless `archived=true`.",
    query=serializers.WorkspaceQuerySerializer,
    refusals=[*_IN_PROJECT, InvalidCursorError],
    success={200: wire.WorkspaceList},
    example={"workspaces": [WORKSPACE], "pagination": ONE_PAGE},
)
create_workspace = _write(
    "createWorkspace",
    "Create a workspace",
    description="Owners and collaborators. `settings` has a fixed schema; what it leaves out gets "
    "its default.",
    body=serializers.WorkspaceCreateSerializer,
    body_example={
        "name": "Town hall",
        "settings": {"color": "teal", "pollDefaults": {"resultsVisibility": "after_vote"}},
    },
    refusals=[*_TO_PROJECT, ProjectFullError],
    success={201: wire.ChangedWorkspace},
    example={"message": "Workspace created successfully", "workspace": WORKSPACE},
    parameters=[_ETAG],
)
get_workspace = _read(
    "getWorkspace",
    "Get a workspace",
    description="For members of its project; for others it does not exist.",
    refusals=_IN_WORKSPACE,
    success={200: wire.OneWorkspace},
    example={"workspace": WORKSPACE},
    parameters=[_ETAG],
)


def update_workspace(name: str, summary: str) -> Callable[[Any], Any]:
    """Describe PUT or PATCH, which do the same."""
    return _write(
        name,
        summary,
        description="Changes the fields that you send, with PUT as with PATCH. Owners and "
        "collaborators.",
        body=serializers.WorkspaceChangeSerializer,
        body_example={"settings": {"description": "One poll for each evening.", "color": "teal"}},
        refusals=_TO_WORKSPACE,
        success={200: wire.ChangedWorkspace},
        example={"message": "Workspace updated successfully", "workspace": WORKSPACE},
        parameters=[_ETAG, IF_MATCH],
    )


archive_workspace = _write(
    "archiveWorkspace",
    "Archive a workspace",
    description="An archived workspace takes no new polls and leaves the lists; its polls stay "
    "usable. Repeating it is not an error. Owners and collaborators.",
    refusals=_TO_WORKSPACE,
    success={200: wire.ChangedWorkspace},
    example={
        "message": "Workspace archived successfully",
        "workspace": {**WORKSPACE, "isArchived": True, "archivedAt": WORKSPACE["updatedAt"]},
    },
    parameters=[_ETAG, IF_MATCH],
)
restore_workspace = _write(
    "restoreWorkspace",
    "Restore a workspace",
    description="Undoes archiving. Repeating it is not an error. Owners and collaborators.",
    refusals=_TO_WORKSPACE,
    success={200: wire.ChangedWorkspace},
    example={"message": "Workspace restored successfully", "workspace": WORKSPACE},
    parameters=[_ETAG, IF_MATCH],
)
delete_workspace = _write(
    "deleteWorkspace",
    "Delete a workspace",
    description="Deletes the workspace with its polls and votes. This cannot be undone. Owners "
    "only.",
    refusals=[*_TO_WORKSPACE, ConflictError],
    success={200: Done},
    example={"message": "Workspace deleted successfully"},
    parameters=[IF_MATCH],
)
