"""Events: frozen dataclasses, declared by the app that causes them, known here by name."""

from typing import Any, ClassVar, TypeVar

from apikit.wire import Wire, to_wire

# The way of speaking that CONTRACT calls the WebSocket; older doors have dialects of their own.
MAIN_DIALECT = "main"


class Event(Wire):
    """Something that happened. ``name`` is its type on the wire."""

    __slots__ = ()
    name: ClassVar[str]

    def body(self, dialect: str) -> dict[str, Any] | None:
        """What a client of ``dialect`` gets, or None where that dialect has no word for it."""
        if dialect != MAIN_DIALECT:
            return None
        return {"type": self.name, "event": self.name, **to_wire(self)}


class StateEvent(Event):
    """How something now stands: a newer one replaces any that has not been written yet.

    ``order`` rises with every change; ``slot`` is what it is the state of, within its topic.
    Every few seconds the newest one ``is_repeated``, or not.
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
    """Something that was said or done: each is written, in order."""

    __slots__ = ()


class ProcessEvent(Event):
    """News for the other processes; no client gets to see it."""

    __slots__ = ()

    def body(self, dialect: str) -> None:
        return None


AnyEvent = TypeVar("AnyEvent", bound=type[Event])

EVENTS: dict[str, type[Event]] = {}


def event(event_class: AnyEvent) -> AnyEvent:
    """Makes a class of events known to the processes that will receive it."""
    if EVENTS.setdefault(event_class.name, event_class) is not event_class:
        raise ValueError(f"There are two events named {event_class.name}.")
    return event_class
