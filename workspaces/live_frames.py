"""Frames of the older endpoint of live projects, with names in snake_case."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Self

from realtime.events import LegacyFrame
from workspaces import examples
from workspaces.wire import ActivityView, NamedPerson

PROJECT_PROTOCOL = "project"


@dataclass(frozen=True, slots=True, kw_only=True)
class OlderFrame(LegacyFrame):
    """Something that happened in the project; ``user`` is who did it, null for the clock."""

    payload: Any
    user: NamedPerson | None
    timestamp: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UserJoinedFrame(OlderFrame):
    """Another member has joined the project on a socket."""

    name: ClassVar[str] = "user_joined"
    example: ClassVar[Mapping[str, Any]] = {
        "payload": {"project_id": examples.PROJECT_ID},
        "user": examples.ADA,
        "timestamp": "2026-11-29T15:30:00Z",
    }

    @classmethod
    def of(cls, event: Any) -> Self:
        payload = {"project_id": str(event.project_id)}
        return cls(payload=payload, user=event.user, timestamp=event.timestamp)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserLeftFrame(UserJoinedFrame):
    """The last socket of another member has left the project."""

    name: ClassVar[str] = "user_left"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChangedFrame(OlderFrame):
    """Another member has sent this event; with any name of the allowed form, in snake_case."""

    name: ClassVar[str] = "file_changed"
    example: ClassVar[Mapping[str, Any]] = {
        "payload": {"path": "agenda.md"},
        "user": examples.ADA,
        "timestamp": "2026-11-29T15:30:00Z",
    }

    @classmethod
    def of(cls, event: Any) -> Self:
        return cls(payload=event.payload, user=event.user, timestamp=event.timestamp)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityFrame(OlderFrame):
    """Somebody else has changed something in the project: an activity, in snake_case."""

    name: ClassVar[str] = "activity"
    example: ClassVar[Mapping[str, Any]] = {
        "payload": examples.ACTIVITY_IN_SNAKE_CASE,
        "user": examples.ADA,
        "timestamp": "2026-11-29T15:30:00Z",
    }

    payload: ActivityView

    @classmethod
    def of(cls, event: Any) -> Self:
        activity: ActivityView = event.activity
        return cls(payload=activity, user=activity.actor, timestamp=activity.created_at)
