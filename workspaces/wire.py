"""Wire format of projects."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.models import PresenceStatus
from apikit.pagination import Pagination
from apikit.wire import Id, Wire
from workspaces.permissions import Action, Role
from workspaces.settings import WorkspaceSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedPerson(Wire):
    id: Id
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetView(Wire):
    """What an activity is about; ``name`` is the one it had then."""

    kind: str
    id: Id | None
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityView(Wire):
    """Something that happened in a project.

    ``actor`` is null for what the clock did, and for people whose account was deleted. ``before``
    and ``after`` hold the fields that changed.
    """

    id: Id
    seq: int
    verb: str
    actor: NamedPerson | None
    target: TargetView
    workspace_id: Id | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectView(Wire):
    """A project as you see it.

    ``role`` is yours, null for staff who are not members; ``permissions`` are what you may do.
    ``workspace_count`` leaves out archived workspaces, ``poll_count`` has all polls, drafts too.
    """

    id: Id
    name: str
    description: str
    role: Role | None
    permissions: tuple[Action, ...]
    member_count: int
    workspace_count: int
    poll_count: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TeammateView(Wire):
    """An account in a project.

    Only the person, owners and staff see ``email``; others get null.
    """

    id: Id
    name: str
    status: PresenceStatus
    status_text: str
    email: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectMemberView(Wire):
    """A member of a project."""

    user: TeammateView
    role: Role
    joined_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceView(Wire):
    """A part of a project that holds polls.

    ``archived_at`` is null unless it is archived. ``poll_count`` has all polls, drafts too.
    """

    id: Id
    project_id: Id
    name: str
    settings: WorkspaceSettings
    is_archived: bool
    archived_at: datetime | None
    poll_count: int
    created_at: datetime
    updated_at: datetime


# Response bodies


@dataclass(frozen=True, slots=True, kw_only=True)
class OneProject(Wire):
    project: ProjectView


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedProject(Wire):
    message: str
    project: ProjectView


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectList(Wire):
    projects: list[ProjectView]
    pagination: Pagination


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedProjectMember(Wire):
    message: str
    member: ProjectMemberView


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectMemberList(Wire):
    members: list[ProjectMemberView]
    pagination: Pagination


@dataclass(frozen=True, slots=True, kw_only=True)
class OneWorkspace(Wire):
    workspace: WorkspaceView


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedWorkspace(Wire):
    message: str
    workspace: WorkspaceView


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceList(Wire):
    workspaces: list[WorkspaceView]
    pagination: Pagination
