"""The events about people that clients are sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import Field

from apikit.wire import Id, Wire
from realtime.events import Event, StateEvent, event

PRESENCE_SLOT = "presence"

_ADA = {"id": "01985c2e-8f10-7d52-b3a4-6a0c5e9d4f21", "name": "Ada", "status": "online"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonPresent(Wire):
    """A user or guest who is subscribed; ``doing`` is what they do there, if that is known."""

    id: Id
    name: str
    status: str
    doing: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceState(StateEvent):
    """The people who are subscribed; replaces what the client knew of them.

    ``count`` includes visitors, who are not named. ``people`` is null while there are too many
    people to name. Apps add the fields that name the topic.
    """

    example: ClassVar[Mapping[str, Any]] = {"people": [{**_ADA, "doing": None}], "count": 2}

    people: Sequence[PersonPresent] | None
    count: int
    sequence: Annotated[int, Field(exclude=True)] = 0

    @property
    def order(self) -> int:
        return self.sequence

    @property
    def slot(self) -> str:
        return PRESENCE_SLOT


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceDiff(Event):
    """What has changed since the last presence event: people by their ids, each once.

    ``joined`` and ``changed`` hold people as they are now, ``left`` ids.
    """

    example: ClassVar[Mapping[str, Any]] = {
        "joined": [{**_ADA, "doing": "presents Budget"}],
        "left": [],
        "changed": [],
        "count": 3,
    }

    joined: Sequence[PersonPresent]
    left: list[Id]
    changed: Sequence[PersonPresent]
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonOnline(Wire):
    """A user or guest, with the status they have set."""

    id: Id
    name: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _OnlineChanged(StateEvent):
    """The latest of these about a person replaces the one before, whichever it is."""

    user: PersonOnline

    @property
    def slot(self) -> str:
        return f"online {self.user.id}"


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class UserOnline(_OnlineChanged):
    """Somebody you share a room with is online, or has another status or name.

    Sent once, however many devices they use.
    """

    name: ClassVar[str] = "user-online"
    socketio_names: ClassVar[tuple[str, ...]] = ("userOnline",)
    example: ClassVar[Mapping[str, Any]] = {"user": _ADA}


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class UserOffline(_OnlineChanged):
    """Their last device has disconnected some seconds ago, or they appear offline."""

    name: ClassVar[str] = "user-offline"
    socketio_names: ClassVar[tuple[str, ...]] = ("userOffline",)
    example: ClassVar[Mapping[str, Any]] = {"user": _ADA}
