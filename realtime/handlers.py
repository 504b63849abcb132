"""Functions of apps that each process calls: for events, and for sockets that are gone."""

from collections.abc import Callable
from typing import Any, TypeVar

from apikit.registries import Hook
from realtime.connection import Connection
from realtime.events import Event

# Any: the hub, whose module imports this one.
EventHandler = Callable[[Any, str, Any], None]
AnyEventHandler = TypeVar("AnyEventHandler", bound=EventHandler)

EVENT_HANDLERS: dict[type[Event], Hook[[Any, str, Any], None]] = {}

# Called on the event loop with each socket that is gone, before it is unsubscribed.
socket_gone: Hook[[Any, Connection], None] = Hook()


def event_handler(event_class: type[Event]) -> Callable[[AnyEventHandler], AnyEventHandler]:
    """Registers a function that each process calls for such an event, before it is delivered.

    It runs on the event loop, as ``function(hub, topic, event)``; use ``hub.spawn`` to await.
    """

    def register(function: AnyEventHandler) -> AnyEventHandler:
        EVENT_HANDLERS.setdefault(event_class, Hook()).register(function)
        return function

    return register
