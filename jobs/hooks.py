"""Extension points of jobs, see :mod:`apikit.registries`."""

from typing import Literal
from uuid import UUID

from apikit.actors import Actor
from apikit.errors import ApiError, NotFoundError
from apikit.registries import Provider, Registry

ProjectAction = Literal["view", "run"]


def _read_nobody(user_id: UUID) -> Actor | None:
    return None


def _refuse(actor: Actor, project_id: UUID, action: ProjectAction) -> None:
    raise NotFoundError


# Returns a user with the current rights; None if deleted or suspended. One query.
read_actor: Provider[[UUID], Actor | None] = Provider(_read_nobody)

# Checks that the actor may see or run the jobs of a project. Raises NotFoundError for strangers and
# ForbiddenError for members whose role does not allow it.
check_project: Provider[[Actor, UUID, ProjectAction], None] = Provider(_refuse)


def _no_topic(project_id: UUID) -> str:
    return ""


# Returns the topic of a project, whose subscribers are told of its jobs: they may see them.
project_topic: Provider[[UUID], str] = Provider(_no_topic)

# The errors that ``check_project`` raises, by code, for the OpenAPI document.
PROJECT_REFUSALS: Registry[str, type[ApiError]] = Registry("project refusal")
