"""The state of the pages of teams, for their templates: the place, and the viewer's rights."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone

from apikit.actors import Actor
from polls.models import Poll
from web.role_texts import role_name
from workspaces import hooks
from workspaces.models import Project, Workspace
from workspaces.permissions import Action
from workspaces.selectors import (
    Standing,
    get_standing,
    get_workspace_for,
    list_projects_for,
    list_workspaces_for,
)
from workspaces.settings import WorkspaceSettings, read_settings

# In the switcher; the others are on the list of projects, and on the page of the project.
PROJECTS_SHOWN = 8
WORKSPACES_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Switcher:
    """Where one is, and the places to go to. ``projects`` always has the current one."""

    project: Project | None
    workspace: Workspace | None
    projects: Sequence[Project]
    workspaces: Sequence[Workspace]
    has_more_projects: bool
    has_more_workspaces: bool


@dataclass(frozen=True, slots=True)
class WorkspaceCard:
    """A workspace on the page of its project."""

    workspace: Workspace
    settings: WorkspaceSettings
    poll_count: int


def read_switcher(
    actor: Actor, project: Project | None = None, workspace: Workspace | None = None
) -> Switcher:
    """Reads the places of ``actor``; at most four queries."""
    projects = list(list_projects_for(actor)[: PROJECTS_SHOWN + 1])
    has_more = len(projects) > PROJECTS_SHOWN
    shown = projects[:PROJECTS_SHOWN]
    if project is not None and project not in shown:
        shown = [project, *shown[: PROJECTS_SHOWN - 1]]
    spaces: list[Workspace] = []
    if project is not None:
        spaces = list(list_workspaces_for(actor, project.id)[: WORKSPACES_SHOWN + 1])
    return Switcher(
        project=project,
        workspace=workspace,
        projects=shown,
        workspaces=spaces[:WORKSPACES_SHOWN],
        has_more_projects=has_more,
        has_more_workspaces=len(spaces) > WORKSPACES_SHOWN,
    )


def team_context(
    standing: Standing, tab: str = "", workspace: Workspace | None = None
) -> dict[str, Any]:
    """The context of every page of a project; ``tab`` is the current page.

    ``can`` has a boolean for each action, by its name.
    """
    return {
        "project": standing.project,
        "workspace": workspace,
        "role": standing.role,
        "role_name": role_name(standing.role),
        "can": permissions_of(standing),
        "tab": tab,
        "switcher": read_switcher(standing.actor, standing.project, workspace),
    }


def permissions_of(standing: Standing) -> dict[str, bool]:
    """Returns for each action, by its name, whether the actor may do it."""
    return {action.value: standing.allows(action) for action in Action}


def get_workspace_standing(
    actor: Actor, workspace_id: UUID, action: Action = Action.VIEW_PROJECT
) -> tuple[Workspace, Standing]:
    """Returns a workspace and the standing in its project, checked for ``action``.

    :raises WorkspaceNotFoundError, ActionNotAllowedError: see ``get_workspace_for``.
    """
    workspace = get_workspace_for(actor, workspace_id, action)
    return workspace, get_standing(actor, workspace.project_id)


def workspace_cards(workspaces: Iterable[Workspace]) -> list[WorkspaceCard]:
    """Returns workspaces with the number of their polls; one query."""
    rows = list(workspaces)
    counts = hooks.polls_per_workspace([row.id for row in rows])
    return [WorkspaceCard(row, read_settings(row.settings), counts.get(row.id, 0)) for row in rows]


def poll_live_data(poll: Poll, actor: Actor, doing: str) -> dict[str, Any] | None:
    """Returns the same for a page of a poll; None for one without a team."""
    if poll.project_id is None:
        return None
    return {
        "projectId": str(poll.project_id),
        "userId": str(actor.id),
        "location": {
            "workspaceId": str(poll.workspace_id),
            "pollId": str(poll.id),
            "doing": doing,
        },
    }


def live_data(standing: Standing, **location: str) -> dict[str, Any]:
    """Returns what a page's script needs to show who is here, and to say where this one is."""
    return {
        "now": timezone.now().isoformat(),
        "projectId": str(standing.project.id),
        "userId": str(standing.actor.id),
        "location": location,
    }
