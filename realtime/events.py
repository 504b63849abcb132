"""Events: frozen dataclasses, declared by the app that causes them and registered by name."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self, TypeVar

from apikit.registries import Registry
from apikit.wire import Wire, to_wire

# The protocol of /ws. Legacy endpoints have protocols of their own.
MAIN_PROTOCOL = "main"
# That of /socket.io/, where a packet holds an event's name and, as payload, the frame of /ws.
SOCKETIO_PROTOCOL = "socketio"
# A list only over Socket.IO, where an event's payload may be any JSON.
Body = dict[str, Any] | list[Any]


def is_socketio(protocol: str) -> bool:
    """Whether it is Socket.IO, or a variant of it, such as ``socketio.lobby``.

    A variant has the same events, but some of them with another body.
    """
    return protocol.partition(".")[0] == SOCKETIO_PROTOCOL


class LegacyFrame(Wire):
    """The whole frame that a legacy protocol sends in place of an event, with snake_case keys."""

    __slots__ = ()
    name: ClassVar[str]
    example: ClassVar[Mapping[str, Any]] = {}

    @classmethod
    def of(cls, event: Any) -> Self:
        """Converts an event."""
        raise NotImplementedError

    def body(self) -> dict[str, Any]:
        """Returns the frame as a JSON object."""
        return {"type": self.name, **to_wire(self, by_alias=False)}


class Event(Wire):
    """Something that happened. ``name`` is its type on the wire.

    ``example`` holds example fields for the AsyncAPI document, ``legacy_frames`` what is sent
    instead, by protocol. ``socketio_names`` are the names that Socket.IO clients get it under, one
    packet for each; ``(name,)`` if empty.
    """

    __slots__ = ()
    name: ClassVar[str]
    example: ClassVar[Mapping[str, Any]] = {}
    legacy_frames: ClassVar[Mapping[str, type[LegacyFrame]]] = {}
    socketio_names: ClassVar[tuple[str, ...]] = ()

    def body(self, protocol: str) -> Body | None:
        """Returns the frame as a JSON object; None if the protocol does not have this event."""
        if protocol == MAIN_PROTOCOL or is_socketio(protocol):
            return {"type": self.name, "event": self.name, **to_wire(self)}
        legacy_frame = self.legacy_frames.get(protocol)
        return None if legacy_frame is None else legacy_frame.of(self).body()

    def excluded_person(self, protocol: str) -> int | None:
        """Returns the key of a person whose clients do not get it, such as who caused it."""
        return None

    def names_in_socketio(self) -> tuple[str, ...]:
        """Returns the names that Socket.IO clients get it under."""
        return self.socketio_names or (self.name,)


class StateEvent(Event):
    """A new state. It replaces older events of the same slot that are not written yet.

    ``order`` rises with every change. ``slot`` names the state within its topic. Events with
    ``is_repeated`` are written again every few seconds.
    """

    __slots__ = ()
    is_repeated: ClassVar[bool] = False

    @property
    def order(self) -> int:
        raise NotImplementedError

    @property
    def slot(self) -> str:
        return self.name


class LogEvent(Event):
    """An entry of a log. Every one is written, in order."""

    __slots__ = ()


class SequencedEvent(LogEvent):
    """An entry of a log that is stored in the database, see :mod:`realtime.logs`.

    ``position`` numbers the entries of its topic from 1, without gaps, in the order of commits.
    """

    __slots__ = ()

    @property
    def position(self) -> int:
        raise NotImplementedError


class ProcessEvent(Event):
    """An event for the other processes; never sent to clients."""

    __slots__ = ()

    def body(self, protocol: str) -> None:
        return None


AnyEvent = TypeVar("AnyEvent", bound=type[Event])

EVENTS: Registry[str, type[Event]] = Registry("event")


def event(event_class: AnyEvent) -> AnyEvent:
    """Registers a class of events, so that processes that receive one can read it."""
    EVENTS.register(event_class.name, event_class)
    return event_class
