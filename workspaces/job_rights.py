"""Who may see and run the jobs of a project."""

from uuid import UUID

from apikit.actors import Actor
from jobs.hooks import ProjectAction
from workspaces.permissions import Action
from workspaces.selectors import get_standing

_ACTIONS: dict[ProjectAction, Action] = {"view": Action.VIEW_JOBS, "run": Action.RUN_JOBS}


def check_jobs(actor: Actor, project_id: UUID, action: ProjectAction) -> None:
    """Check that the actor may see or run the jobs of a project; two queries.

    :raises ProjectNotFoundError, ActionNotAllowedError: see ``Standing.require``.
    """
    get_standing(actor, project_id, _ACTIONS[action])
