"""Events about projects."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from apikit.wire import Id
from realtime.events import LegacyFrame, ProcessEvent, SequencedEvent, event
from realtime.people import user_key
from workspaces import examples
from workspaces.live_frames import PROJECT_PROTOCOL, ActivityFrame
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
    legacy_frames: ClassVar[Mapping[str, type[LegacyFrame]]] = {PROJECT_PROTOCOL: ActivityFrame}

    project_id: Id
    activity: ActivityView

    @property
    def position(self) -> int:
        return self.activity.seq

    def excluded_person(self, protocol: str) -> int | None:
        # A log without gaps, except at the older endpoint, which sends what others do.
        actor = self.activity.actor
        return user_key(actor.id) if actor and protocol == PROJECT_PROTOCOL else None


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectAccessChanged(ProcessEvent):
    """The roles of some people in a project have changed or ended; None means everybody's."""

    name: ClassVar[str] = "project-access-changed"

    project_id: UUID
    user_ids: frozenset[UUID] | None
