"""What apps register from their ``live.py``."""

import inspect
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import TypeAdapter

from apikit.errors import ApiError
from apikit.wire import Wire, adapter_of
from realtime.events import Event, StateEvent

if TYPE_CHECKING:
    from realtime.connection import Connection
    from realtime.hub import Hub

CommandHandler = Callable[["Connection", Any], Awaitable[Wire | None]]
Reaction = Callable[["Hub", str, Any], None]
Periodic = Callable[["Hub"], Coroutine[Any, Any, None]]
Reload = Callable[[Mapping[str, int]], list[tuple[str, StateEvent]]]
CountEvent = Callable[[str, int, int, int], StateEvent]


@dataclass(frozen=True, slots=True)
class Command:
    """Something clients may ask for over a socket.

    What stands below ``reply`` is for the AsyncAPI document.
    """

    name: str
    handler: CommandHandler
    body: TypeAdapter[Any]
    reply: TypeAdapter[Any] | None
    purpose: str = ""
    refusals: tuple[type[ApiError], ...] = ()
    example: Mapping[str, Any] = field(default_factory=dict)
    reply_example: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PeriodicTask:
    interval_s: float
    run: Periodic


COMMANDS: dict[str, Command] = {}
EVENT_HANDLERS: dict[type[Event], list[Reaction]] = {}
PERIODIC_TASKS: list[PeriodicTask] = []
SOURCES: dict[str, tuple[str, Reload]] = {}
WATCHED: dict[str, CountEvent] = {}

AnyHandler = TypeVar("AnyHandler", bound=CommandHandler)
AnyReaction = TypeVar("AnyReaction", bound=Reaction)
AnyPeriodic = TypeVar("AnyPeriodic", bound=Periodic)
AnyReload = TypeVar("AnyReload", bound=Reload)
AnyCountEvent = TypeVar("AnyCountEvent", bound=CountEvent)


def command(
    name: str,
    *,
    refusals: Iterable[type[ApiError]] = (),
    example: Mapping[str, Any] | None = None,
    reply_example: Mapping[str, Any] | None = None,
) -> Callable[[AnyHandler], AnyHandler]:
    """Registers a coroutine function ``(connection, body) -> reply`` for a command.

    Its annotations say what it takes and gives: ``body`` is a frozen dataclass that strangers'
    input is checked against, the reply one or None. Its docstring goes into the AsyncAPI
    document, as does the rest: the errors that are the command's own, the fields of a body and
    of a reply.
    """

    def register(handler: AnyHandler) -> AnyHandler:
        if name in COMMANDS:
            raise ValueError(f"There are two commands named {name}.")
        hints = inspect.get_annotations(handler, eval_str=True)
        reply = hints["return"]
        COMMANDS[name] = Command(
            name=name,
            handler=handler,
            body=adapter_of(hints["body"]),
            reply=adapter_of(reply)
            if isinstance(reply, type) and reply is not type(None)
            else None,
            purpose=inspect.getdoc(handler) or "",
            refusals=tuple(refusals),
            example=example or {},
            reply_example=reply_example or {},
        )
        return handler

    return register


def reaction(event_class: type[Event]) -> Callable[[AnyReaction], AnyReaction]:
    """Registers what a process does when such an event reaches it, before its sockets hear.

    A plain function, called on the event loop with the hub, the topic and the event; what takes
    longer it gives to ``hub.spawn``.
    """

    def register(function: AnyReaction) -> AnyReaction:
        EVENT_HANDLERS.setdefault(event_class, []).append(function)
        return function

    return register


def periodic(interval_s: float) -> Callable[[AnyPeriodic], AnyPeriodic]:
    """Registers a coroutine function that every process calls again and again."""

    def register(function: AnyPeriodic) -> AnyPeriodic:
        PERIODIC_TASKS.append(PeriodicTask(interval_s, function))
        return function

    return register


def source(topic_prefix: str, event_class: type[StateEvent]) -> Callable[[AnyReload], AnyReload]:
    """Registers where such events of these topics can be read from again.

    The function gets the topics that are watched, each with the ``order`` known here (-1 where
    nothing is), and returns the newer states there are. It runs in a thread, once a second, so
    it has to cost one query while nothing has changed.
    """

    def register(function: AnyReload) -> AnyReload:
        SOURCES[topic_prefix] = event_class.name, function
        return function

    return register


def watched(topic_prefix: str) -> Callable[[AnyCountEvent], AnyCountEvent]:
    """Registers the event that tells how many watch a topic: ``(topic, before, now, order)``."""

    def register(function: AnyCountEvent) -> AnyCountEvent:
        WATCHED[topic_prefix] = function
        return function

    return register


def topic_prefix(topic: str) -> str:
    """``poll`` of ``poll.<id>``."""
    return topic.partition(".")[0]
