"""Wire format of projects."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apikit.pagination import Pagination
from apikit.wire import Id, Wire


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonView(Wire):
    id: Id
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectReference(Wire):
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
    actor: PersonView | None
    target: TargetView
    workspace_id: Id | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityList(Wire):
    activities: list[ActivityView]
    pagination: Pagination


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityExport(Wire):
    """``activities`` has the oldest first."""

    exported_at: datetime
    project: ProjectReference
    activities: list[ActivityView]
