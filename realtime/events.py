"""Events: frozen dataclasses, declared by the app that causes them, known here by name."""

from collections.abc import Mapping
from typing import Any, ClassVar, Self, TypeVar

from apikit.wire import Wire, to_wire

# The way of speaking that CONTRACT calls the WebSocket; older doors have dialects of their own.
MAIN_PROTOCOL = "main"


class OlderForm(Wire):
    """What an older dialect says in place of an event: a whole frame, its keys in snake_case."""

    __slots__ = ()
    name: ClassVar[str]
    example: ClassVar[Mapping[str, Any]] = {}

    @classmethod
    def of(cls, event: Any) -> Self:
        """The event in this form."""
        raise NotImplementedError

    def body(self) -> dict[str, Any]:
        """What a client gets."""
        return {"type": self.name, **to_wire(self, by_alias=False)}


class Event(Wire):
    """Something that happened. ``name`` is its type on the wire.

    ``example`` holds fields as a client might get them, ``older_forms`` what is told instead in
    dialects that know of it.
    """

    __slots__ = ()
    name: ClassVar[str]
    example: ClassVar[Mapping[str, Any]] = {}
    older_forms: ClassVar[Mapping[str, type[OlderForm]]] = {}

    def body(self, dialect: str) -> dict[str, Any] | None:
        """What a client of ``dialect`` gets, or None where that dialect has no word for it."""
        if dialect == MAIN_PROTOCOL:
            return {"type": self.name, "event": self.name, **to_wire(self)}
        older_form = self.older_forms.get(dialect)
        return None if older_form is None else older_form.of(self).body()


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
