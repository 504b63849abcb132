"""Brings every subscriber to the current state, whatever events were lost.

Once a second the versions of subscribed topics, and the heads of subscribed logs, are read from the
database, with one query per kind of topic while nothing has changed. Every few seconds the newest
states are written again. Clients that have stopped reading are dropped.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django.conf import settings

from apikit.background import report_failure
from apikit.registries import Registry
from realtime.database import in_database
from realtime.events import StateEvent
from realtime.fan_out import Topic
from realtime.hub import Hub
from realtime.topics import topic_prefix

INTERVAL_S = 1.0
# About half a millisecond of work, after which the event loop gets its turn.
SOCKETS_AT_ONCE = 500

Reload = Callable[[Mapping[str, int]], list[tuple[str, StateEvent]]]
AnyReload = TypeVar("AnyReload", bound=Reload)
RunPeriodic = Callable[[Hub], Coroutine[Any, Any, None]]
AnyRunPeriodic = TypeVar("AnyRunPeriodic", bound=RunPeriodic)


@dataclass(frozen=True, slots=True)
class PeriodicTask:
    interval_s: float
    run: RunPeriodic


# By topic prefix: the slot, and the function that reads newer states.
RELOADERS: Registry[str, tuple[str, Reload]] = Registry("reloader")
PERIODIC_TASKS: Registry[str, PeriodicTask] = Registry("periodic task")


def reloader(topic_prefix: str, event_class: type[StateEvent]) -> Callable[[AnyReload], AnyReload]:
    """Registers the function that reads the states of topics from the database.

    It gets the subscribed topics, each with the ``order`` known here (-1 if none), and returns
    the newer states. It runs in a thread, once a second, so it must cost one query while nothing
    has changed.
    """

    def register(function: AnyReload) -> AnyReload:
        RELOADERS.register(topic_prefix, (event_class.name, function))
        return function

    return register


def periodic(interval_s: float) -> Callable[[AnyRunPeriodic], AnyRunPeriodic]:
    """Registers a coroutine function that each process calls every ``interval_s``."""

    def register(function: AnyRunPeriodic) -> AnyRunPeriodic:
        name = f"{function.__module__}.{function.__qualname__}"
        PERIODIC_TASKS.register(name, PeriodicTask(interval_s, function))
        return function

    return register


async def converge(hub: Hub) -> None:
    """Runs all of this until cancelled."""
    repeat_at_s = hub.now_s() + settings.WS_REPEAT_SECONDS
    while True:
        await asyncio.sleep(INTERVAL_S)
        await _survive(_check_sockets(hub), "check_sockets")
        await _survive(_reload(hub), "reload")
        await _survive(hub.logs.read_heads(), "read_logs")
        if hub.now_s() >= repeat_at_s:
            repeat_at_s = hub.now_s() + settings.WS_REPEAT_SECONDS
            await _survive(_repeat(hub), "repeat")


async def _check_sockets(hub: Hub) -> None:
    """Drops sockets that read nothing or hold too much, and closes idle ones."""
    connections = list(hub.connections)
    for start in range(0, len(connections), SOCKETS_AT_ONCE):
        some = connections[start : start + SOCKETS_AT_ONCE]
        now_s = hub.now_s()
        for connection in some:
            connection.abort_if_stalled(now_s)
            connection.close_if_idle(now_s)
        hub.backlog.measure(some)
        await asyncio.sleep(0)


async def _repeat(hub: Hub) -> None:
    hub.repeat()


async def _reload(hub: Hub) -> None:
    for prefix, (slot, reload) in RELOADERS.items():
        known = {
            name: _known_order(topic, slot)
            for name, topic in hub.topics.items()
            if topic.subscribers and topic_prefix(name) == prefix
        }
        if known:
            for topic, event in await in_database(reload, known):
                hub.receive(topic, event)


def _known_order(topic: Topic, slot: str) -> int:
    newest = topic.newest.get(slot)
    return -1 if newest is None else newest.order


def run_periodic_tasks(hub: Hub) -> Iterator[Coroutine[Any, Any, None]]:
    """Yields a coroutine for each registered task, to run until cancelled."""
    for task in PERIODIC_TASKS.values():
        yield _run_periodically(hub, task)


async def _run_periodically(hub: Hub, task: PeriodicTask) -> None:
    while True:
        await _survive(task.run(hub), task.run.__qualname__)
        await asyncio.sleep(task.interval_s)


async def _survive(work: Coroutine[Any, Any, None], name: str) -> None:
    """Logs a failure, of the database or a bug; the caller tries again later."""
    try:
        await work
    except Exception as error:  # noqa: BLE001 - outermost
        report_failure(name, error, "put off")
