"""Events about rooms and messages."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from pydantic.json_schema import SkipJsonSchema

from apikit.wire import Id, Wire, to_wire
from chat import examples
from chat.lobby_wire import LOBBY_PROTOCOL, LobbyMessage
from chat.models import Message
from chat.wire import MessageView, PersonView
from polls.wire import PollHead
from realtime.events import (
    Body,
    Event,
    LogEvent,
    ProcessEvent,
    SequencedEvent,
    StateEvent,
    event,
)

# A topic and the event to publish there.
TopicEvent = tuple[str, Event]


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadState(Wire):
    """The replies to the first message of a thread."""

    message_id: Id
    reply_count: int
    last_reply_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _RoomEntry(SequencedEvent):
    """An entry of a room's log. ``revision`` rises with each of them."""

    room_id: Id
    revision: int
    message: MessageView
    thread: ThreadState | None = None

    @property
    def position(self) -> int:
        return self.revision


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePosted(_RoomEntry):
    """A message was posted.

    ``thread`` is the new state of the thread that it replies to, ``poll`` the poll of its card.
    """

    name: ClassVar[str] = "message"
    example: ClassVar[Mapping[str, Any]] = {
        "roomId": examples.ROOM_ID,
        "revision": 8,
        "message": examples.REPLY,
        "thread": examples.THREAD,
        "poll": None,
    }

    poll: PollHead | None = None
    # In the lobby: what clients of its older conversation get instead.
    lobby: SkipJsonSchema[LobbyMessage | None] = None

    def body(self, protocol: str) -> Body | None:
        if protocol == LOBBY_PROTOCOL and self.lobby is not None:
            return to_wire(self.lobby)
        # Not super(), which the new class that slots make does not have.
        body = _RoomEntry.body(self, protocol)
        if isinstance(body, dict):
            del body["lobby"]
        return body


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class MessageEdited(_RoomEntry):
    """A message was edited, or somebody reacted to it."""

    name: ClassVar[str] = "message-edited"
    socketio_names: ClassVar[tuple[str, ...]] = ("messageEdited",)
    example: ClassVar[Mapping[str, Any]] = {
        "roomId": examples.ROOM_ID,
        "revision": 10,
        "message": examples.EDITED_REPLY,
        "thread": examples.THREAD,
    }


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDeleted(_RoomEntry):
    """A message was deleted; ``message`` keeps its place, without a text."""

    name: ClassVar[str] = "message-deleted"
    socketio_names: ClassVar[tuple[str, ...]] = ("messageDeleted",)
    example: ClassVar[Mapping[str, Any]] = {
        "roomId": examples.ROOM_ID,
        "revision": 11,
        "message": examples.DELETED_REPLY,
        "thread": {**examples.THREAD, "replyCount": 0},
    }


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class Typing(StateEvent):
    """Somebody is typing. Show it for ``expires_in_ms``, or until their next message."""

    name: ClassVar[str] = "typing"
    example: ClassVar[Mapping[str, Any]] = {
        "roomId": examples.ROOM_ID,
        "user": examples.ADA,
        "expiresInMs": 10000,
    }

    room_id: Id
    user: PersonView
    expires_in_ms: int

    @property
    def order(self) -> int:
        # Each is as new as any other; nobody compares them.
        return 0


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class TypingReport(ProcessEvent):
    """Somebody is writing, for the other processes."""

    name: ClassVar[str] = "typing-report"

    room_id: Id
    user: PersonView


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class RoomLeft(LogEvent):
    """You may no longer read this room, so your socket was unsubscribed from it."""

    name: ClassVar[str] = "room-left"
    socketio_names: ClassVar[tuple[str, ...]] = ("roomLeft",)
    example: ClassVar[Mapping[str, Any]] = {"roomId": examples.ROOM_ID}

    room_id: Id


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class RoomAccessChanged(ProcessEvent):
    """These people may have lost access to a room, or everybody if ``user_ids`` is None.

    Publish it on the room's topic after the commit: their sockets are unsubscribed at once.
    """

    name: ClassVar[str] = "room-access-changed"

    room_id: Id
    user_ids: frozenset[UUID] | None = None


def thread_of(parent: Message) -> ThreadState:
    """Return the state of the thread that begins with ``parent``."""
    return ThreadState(
        message_id=parent.id,
        reply_count=parent.reply_count,
        last_reply_at=parent.last_reply_at,
    )
