"""Events of live projects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from pydantic.json_schema import SkipJsonSchema

from apikit.wire import Id
from realtime.events import Body, LegacyFrame, LogEvent, StateEvent, event
from realtime.people import user_key
from realtime.presence import PersonPresent, PresenceDiff, PresenceState
from realtime.presence.replicas import Entry
from workspaces import examples
from workspaces.live_frames import (
    PROJECT_PROTOCOL,
    FileChangedFrame,
    UserJoinedFrame,
    UserLeftFrame,
)
from workspaces.permissions import Role
from workspaces.wire import NamedPerson

_MEMBER = {**examples.ADA, "status": "online"}
_EDITING = {
    **_MEMBER,
    "doing": "edits",
    "workspaceId": examples.WORKSPACE_ID,
    "pollId": examples.POLL_ID,
    "pollQuestion": "Tea or coffee?",
}
_NOWHERE = {"doing": None, "workspaceId": None, "pollId": None, "pollQuestion": None}


# Members' own events


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class MemberEvent(LogEvent):
    """An event of another member's own, which nobody stores.

    ``file-changed`` is one of them: any name of the allowed form is relayed under that name.
    """

    name: ClassVar[str] = "file-changed"
    example: ClassVar[Mapping[str, Any]] = {
        "projectId": examples.PROJECT_ID,
        "payload": {"path": "agenda.md"},
        "user": examples.ADA,
        "timestamp": "2026-11-29T15:30:00Z",
    }
    legacy_frames: ClassVar[Mapping[str, type[LegacyFrame]]] = {PROJECT_PROTOCOL: FileChangedFrame}

    project_id: Id
    payload: Any
    user: NamedPerson
    timestamp: datetime
    # The name that it goes under.
    sent_as: SkipJsonSchema[str] = "file-changed"

    def body(self, protocol: str) -> Body | None:
        # Not super(), which the new class that slots make does not have.
        body = LogEvent.body(self, protocol)
        if not isinstance(body, dict):
            return body
        if protocol == PROJECT_PROTOCOL:
            return {**body, "type": self.sent_as.replace("-", "_")}
        del body["sentAs"]
        return {**body, "type": self.sent_as, "event": self.sent_as}

    def excluded_person(self, protocol: str) -> int | None:
        return user_key(self.user.id)

    def names_in_socketio(self) -> tuple[str, ...]:
        return (self.sent_as,)


# Presence


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberPresent(PersonPresent):
    """A member who has joined the project on a socket, and where they are in it.

    ``doing`` is ``views``, ``edits`` or ``presents``; null if their client has not said.
    """

    workspace_id: Id | None = None
    poll_id: Id | None = None
    poll_question: str | None = None


def view_member(entry: Entry) -> MemberPresent:
    """Returns an entry of presence as clients are sent it; see :class:`Location`."""
    location = Location.read(entry.doing)
    return MemberPresent(
        id=entry.user_id,
        name=entry.name,
        status=entry.status,
        doing=location.doing,
        workspace_id=location.workspace_id,
        poll_id=location.poll_id,
        poll_question=location.poll_question,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Where a member is, and what they do there."""

    doing: str | None = None
    workspace_id: UUID | None = None
    poll_id: UUID | None = None
    poll_question: str | None = None

    def written(self) -> str | None:
        """Returns it as what presence carries, at most 160 characters."""
        if self.doing is None:
            return None
        question = self.poll_question or ""
        if len(question) > _QUESTION_MAX_CHARS:
            question = f"{question[: _QUESTION_MAX_CHARS - 1]}…"
        return f"{self.doing} {self.workspace_id or '-'} {self.poll_id or '-'} {question}"

    @classmethod
    def read(cls, text: str | None) -> "Location":
        if text is None:
            return cls()
        doing, workspace_id, poll_id, *question = text.split(" ", 3)
        return cls(
            doing=doing,
            workspace_id=None if workspace_id == "-" else UUID(workspace_id),
            poll_id=None if poll_id == "-" else UUID(poll_id),
            poll_question=question[0] if question else None,
        )


# What is left of 160 characters after "presents", two ids and the blanks.
_QUESTION_MAX_CHARS = 77


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectPresenceState(PresenceState):
    """The members who have joined the project on a socket; replaces what you knew of them.

    ``people`` is null while there are too many to name, above 500. ``count`` includes those who
    appear offline.
    """

    name: ClassVar[str] = "project-presence-state"
    example: ClassVar[Mapping[str, Any]] = {
        "projectId": examples.PROJECT_ID,
        "people": [{**_MEMBER, **_NOWHERE}],
        "count": 1,
    }

    project_id: Id
    people: Sequence[MemberPresent] | None


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectPresenceDiff(PresenceDiff):
    """What has changed since the last presence event of the project; nobody is in it twice."""

    name: ClassVar[str] = "project-presence-diff"
    example: ClassVar[Mapping[str, Any]] = {
        "projectId": examples.PROJECT_ID,
        "joined": [],
        "left": [],
        "changed": [_EDITING],
        "count": 2,
    }

    project_id: Id
    joined: Sequence[MemberPresent]
    changed: Sequence[MemberPresent]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Arrival(StateEvent):
    """The latest of these about a person replaces the one before, whichever it is."""

    example: ClassVar[Mapping[str, Any]] = {
        "projectId": examples.PROJECT_ID,
        "user": examples.ADA,
        "timestamp": "2026-11-29T15:30:00Z",
    }

    project_id: Id
    user: NamedPerson
    timestamp: datetime

    @property
    def order(self) -> int:
        # Each is as new as any other; nobody compares them.
        return 0

    @property
    def slot(self) -> str:
        return f"member {self.user.id}"


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class UserJoined(_Arrival):
    """Another member has joined the project, with the first of their sockets."""

    name: ClassVar[str] = "user-joined"
    legacy_frames: ClassVar[Mapping[str, type[LegacyFrame]]] = {PROJECT_PROTOCOL: UserJoinedFrame}


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class UserLeft(_Arrival):
    """Another member has left the project, with the last of their sockets."""

    name: ClassVar[str] = "user-left"
    legacy_frames: ClassVar[Mapping[str, type[LegacyFrame]]] = {PROJECT_PROTOCOL: UserLeftFrame}


# Access


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectLeft(LogEvent):
    """You are no longer a member, or the project was deleted: your socket was unsubscribed."""

    name: ClassVar[str] = "project-left"
    example: ClassVar[Mapping[str, Any]] = {"projectId": examples.PROJECT_ID}

    project_id: Id


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectRole(LogEvent):
    """Your role in the project has changed; it counts from now on."""

    name: ClassVar[str] = "project-role"
    example: ClassVar[Mapping[str, Any]] = {"projectId": examples.PROJECT_ID, "role": "viewer"}

    project_id: Id
    role: Role | None
