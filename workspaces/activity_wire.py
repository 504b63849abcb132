"""Wire format of lists and exports of activity."""

from dataclasses import dataclass
from datetime import datetime

from apikit.pagination import Pagination
from apikit.wire import Id, Wire
from workspaces.wire import ActivityView


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectReference(Wire):
    id: Id
    name: str


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
