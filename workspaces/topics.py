"""Topic names of projects."""

from uuid import UUID

PROJECT_PREFIX = "project"


def project_topic(project_id: UUID) -> str:
    """Return the topic of everything that happens in a project."""
    return f"{PROJECT_PREFIX}.{project_id}"


def project_id_of(topic: str) -> UUID:
    """Return the id in a project's topic."""
    return UUID(topic.partition(".")[2])
