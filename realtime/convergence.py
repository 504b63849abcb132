"""What makes every watcher end on the truth, whatever got lost on the way.

Once a second the versions of what is watched are read from the database, with one query for each
kind of topic while nothing has changed; every few seconds the newest states are written again;
and who has stopped reading is dropped.
"""

import asyncio
from collections.abc import Coroutine, Iterator
from typing import TYPE_CHECKING, Any

from django.conf import settings

from apikit.background import report_failure
from realtime.database import in_database
from realtime.handlers import PERIODIC_TASKS, SOURCES, PeriodicTask, topic_prefix

if TYPE_CHECKING:
    from realtime.fan_out import Topic
    from realtime.hub import Hub

INTERVAL_S = 1.0
# About half a millisecond of work, after which the event loop takes its turn.
SOCKETS_AT_ONCE = 500


async def converge(hub: "Hub") -> None:
    """Looks after what is watched, until cancelled."""
    repeat_at_s = hub.now_s() + settings.WS_REPEAT_SECONDS
    while True:
        await asyncio.sleep(INTERVAL_S)
        await _survive(_look_after_sockets(hub), "look_after_sockets")
        await _survive(_reload(hub), "reload")
        if hub.now_s() >= repeat_at_s:
            repeat_at_s = hub.now_s() + settings.WS_REPEAT_SECONDS
            await _survive(_repeat(hub), "repeat")


async def _look_after_sockets(hub: "Hub") -> None:
    """Drops sockets that read nothing or hold too much, and closes those that do nothing."""
    connections = list(hub.connections)
    for start in range(0, len(connections), SOCKETS_AT_ONCE):
        some = connections[start : start + SOCKETS_AT_ONCE]
        now_s = hub.now_s()
        for connection in some:
            connection.abort_if_stalled(now_s)
            connection.close_if_idle(now_s)
        hub.backlog.measure(some)
        await asyncio.sleep(0)


async def _repeat(hub: "Hub") -> None:
    hub.repeat()


async def _reload(hub: "Hub") -> None:
    for prefix, (slot, reload) in SOURCES.items():
        known = {
            name: _known_order(topic, slot)
            for name, topic in hub.topics.items()
            if topic.subscribers and topic_prefix(name) == prefix
        }
        if known:
            for topic, event in await in_database(reload, known):
                hub.hear(topic, event)


def _known_order(topic: "Topic", slot: str) -> int:
    newest = topic.newest.get(slot)
    return -1 if newest is None else newest.order


def run_periodic_tasks(hub: "Hub") -> Iterator[Coroutine[Any, Any, None]]:
    """A coroutine for each registered task, which runs until cancelled."""
    for task in PERIODIC_TASKS:
        yield _run_periodically(hub, task)


async def _run_periodically(hub: "Hub", task: PeriodicTask) -> None:
    while True:
        await _survive(task.run(hub), task.run.__qualname__)
        await asyncio.sleep(task.interval_s)


async def _survive(work: Coroutine[Any, Any, None], name: str) -> None:
    """An outermost place: what fails now, be it the database or a bug, is tried again later."""
    try:
        await work
    except Exception as error:  # noqa: BLE001
        report_failure(name, error, "put off")
