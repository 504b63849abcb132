"""Events about projects."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from apikit.wire import Id
from realtime.events import ProcessEvent, SequencedEvent, event
from workspaces import examples
from workspaces.wire import ActivityView


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityRecorded(SequencedEvent):
    """Something changed in the project."""

    name: ClassVar[str] = "activity"
    example: ClassVar[Mapping[str, Any]] = {
        "projectId": examples.PROJECT_ID,
        "activity": examples.ACTIVITY,
    }

    project_id: Id
    activity: ActivityView

    @property
    def position(self) -> int:
        return self.activity.seq


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectAccessChanged(ProcessEvent):
    """The roles of some people in a project have changed or ended; None means everybody's."""

    name: ClassVar[str] = "project-access-changed"

    project_id: UUID
    user_ids: frozenset[UUID] | None
