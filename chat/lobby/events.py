"""The events of the lobby's older conversation, beside messages.

Only clients of this conversation get the events about people. Each process makes them from what it
knows of presence, so they are neither stored nor sent to other processes.
"""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from apikit.wire import Id, Wire, adapter_of, to_wire
from chat.lobby_wire import LOBBY_PROTOCOL, SYSTEM_ID, SYSTEM_NAME, LobbyMessage
from realtime.events import Body, Event, LogEvent, ProcessEvent, StateEvent, event
from realtime.socketio.described import SOCKETIO_EVENTS, SocketIoEvent

_ADA = {"userId": "k3v9", "userName": "Ada"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LobbyPerson(Wire):
    """Somebody in the lobby: by the id that their client invented, or that of their account."""

    user_id: str
    user_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfDialect(Event):
    def body(self, protocol: str) -> Body | None:
        return to_wire(self) if protocol == LOBBY_PROTOCOL else None


@dataclass(frozen=True, slots=True, kw_only=True)
class LobbyUserJoined(_OfDialect, LogEvent):
    """Somebody has come into the lobby. Not sent while more than 100 people are there."""

    name: ClassVar[str] = "lobby-user-joined"
    socketio_names: ClassVar[tuple[str, ...]] = ("userJoined",)
    example: ClassVar[Mapping[str, Any]] = _ADA

    user_id: str
    user_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LobbyUserLeft(_OfDialect, LogEvent):
    """Somebody has left the lobby, or has been disconnected for some seconds."""

    name: ClassVar[str] = "lobby-user-left"
    socketio_names: ClassVar[tuple[str, ...]] = ("userLeft",)
    example: ClassVar[Mapping[str, Any]] = _ADA

    user_id: str
    user_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LobbyNotice(_OfDialect, LogEvent):
    """A message of the lobby, or of the system about somebody who has come or left.

    Those of the system have the ``user_id`` ``system``, and are not stored.
    """

    name: ClassVar[str] = "lobby-notice"
    socketio_names: ClassVar[tuple[str, ...]] = ("message",)
    example: ClassVar[Mapping[str, Any]] = {
        "userId": SYSTEM_ID,
        "userName": SYSTEM_NAME,
        "messageBody": "Ada joined the chat",
        "timeStamp": "2026-05-04T09:32:00Z",
    }

    message_body: str
    time_stamp: str
    user_id: str = SYSTEM_ID
    user_name: str = SYSTEM_NAME


@dataclass(frozen=True, slots=True, kw_only=True)
class LobbyPeople(StateEvent):
    """The people in the lobby, whenever they have changed; not above 500."""

    name: ClassVar[str] = "lobby-people"
    socketio_names: ClassVar[tuple[str, ...]] = ("onlineUsers",)

    people: tuple[LobbyPerson, ...]
    sequence: int

    @property
    def order(self) -> int:
        return self.sequence

    def body(self, protocol: str) -> Body | None:
        if protocol != LOBBY_PROTOCOL:
            return None
        return [to_wire(person) for person in self.people]


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class LobbyDeparture(ProcessEvent):
    """A person left on purpose, so nobody needs to wait whether they come back."""

    name: ClassVar[str] = "lobby-departure"

    user_id: Id


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class LobbySessionWanted(ProcessEvent):
    """Asks the process with this session whether it has ended."""

    name: ClassVar[str] = "lobby-session-wanted"

    session_id: Id


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class LobbySessionAlive(ProcessEvent):
    """The client of this session is connected."""

    name: ClassVar[str] = "lobby-session-alive"

    session_id: Id


def _describe(name: str, payload: type, described: type[Event], example: Any) -> None:
    entry = SocketIoEvent(
        adapter_of(payload),
        inspect.cleandoc(described.__doc__ or ""),
        example,
        is_list=isinstance(example, list),
    )
    SOCKETIO_EVENTS.register(name, entry)


_describe("userJoined", LobbyUserJoined, LobbyUserJoined, LobbyUserJoined.example)
_describe("userLeft", LobbyUserLeft, LobbyUserLeft, LobbyUserLeft.example)
_describe("message", LobbyMessage, LobbyNotice, LobbyNotice.example)
_describe("onlineUsers", LobbyPerson, LobbyPeople, [_ADA])
