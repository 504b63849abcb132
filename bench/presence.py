"""Measures the CPU that presence takes: 10,000 sockets in each of 3 processes, on Redis.

    python -m bench.presence

All sockets are in the same counted topic, as in a poll, and in rooms of 100 people who see each
other by name. Then some sockets per process and second are replaced by others. Counts are not
written to the sockets, because that is the cost of fan-out, and nobody is related. Prints the CPU
time of each process: of all arrivals, and then per second, by the number of sockets that are
replaced.
"""

import asyncio
import itertools
import os
import subprocess
import sys
import time
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

import django

from tools.services import RedisServer

PROCESSES = 3
SOCKETS = 10_000
ROOM_PEOPLE = 100
REPLACED_PER_S = (0, 10, 100)
MEASURED_S = 15.0
# Until the processes know each other's people.
SETTLE_S = 8.0
POLL = "bench-poll.1"


def main() -> None:
    redis = RedisServer()
    redis.start()
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "polling_site.settings",
        "REDIS_URL": redis.url,
    }
    try:
        children = [
            subprocess.Popen([sys.executable, "-m", "bench.presence", str(number)], env=environment)
            for number in range(PROCESSES)
        ]
        for child in children:
            child.wait()
    finally:
        redis.stop()


async def run_process(number: int) -> None:
    """One process, with sockets that nobody reads."""
    hub, sockets = _start_hub(), _Sockets()
    started_s = time.perf_counter(), time.process_time()
    for _ in range(SOCKETS):
        sockets.add(hub)
        await asyncio.sleep(0.0002)
    await asyncio.sleep(SETTLE_S)
    wave_ms = 1000 * (time.process_time() - started_s[1])
    print(f"process {number}: {SOCKETS} arrivals took {wave_ms:,.0f} ms of CPU", flush=True)
    for rate in REPLACED_PER_S:
        cpu_ms = await _cpu_ms_per_s(sockets.replace_some(hub, rate))
        known = hub.presence.count(POLL)
        print(f"process {number}: {rate} replaced/s, {known} known: {cpu_ms:.1f} ms/s", flush=True)
    # The others are still measuring.
    await asyncio.sleep(10.0)
    await hub.stop()


async def _cpu_ms_per_s(work: Any) -> float:
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    await work
    return 1000 * (time.process_time() - cpu_s) / (time.perf_counter() - wall_s)


class _Sockets:
    """The sockets of a process, in the order in which they came."""

    def __init__(self) -> None:
        self._open: list[Any] = []
        self._rooms = itertools.cycle(range(SOCKETS // ROOM_PEOPLE * PROCESSES))

    def add(self, hub: Any) -> None:
        from apikit.actors import Actor
        from apikit.ids import new_id
        from realtime.connection import Connection
        from realtime.events import MAIN_PROTOCOL
        from realtime.people import person_key

        actor = Actor(new_id())
        connection = Connection(
            hub.backlog, _transport(), actor, MAIN_PROTOCOL, person=person_key(actor)
        )
        hub.attach(connection)
        room = f"bench-room.{next(self._rooms)}"
        hub.join(connection, POLL, (POLL,))
        hub.join(connection, room, (room,))
        self._open.append(connection)

    async def replace_some(self, hub: Any, rate: int) -> None:
        ends_s = time.perf_counter() + MEASURED_S
        while time.perf_counter() < ends_s:
            if rate:
                hub.detach(self._open.pop(0))
                self.add(hub)
            await asyncio.sleep(1 / (rate or 1))


def _transport() -> Any:
    from realtime.transport import Transport

    async def send(_text: str) -> None: ...

    async def close(_code: object) -> None: ...

    return Transport(send, close, lambda: None, lambda _data: True)


def _start_hub() -> Any:
    """A hub with the periodic tasks of presence only, and names without a database."""
    from apikit.registries import Hook
    from realtime import people
    from realtime.hub import Hub
    from realtime.live import forget_dead_processes, show_process_alive
    from realtime.presence import PresenceDiff, PresenceState, presence

    def read_people(user_ids: Collection[UUID]) -> Mapping[UUID, people.Person]:
        return {each: people.Person(each, "Ada Lovelace", "online") for each in user_ids}

    def read_related(user_ids: Collection[UUID]) -> Mapping[UUID, Collection[UUID]]:
        return {}

    presence.read_people = read_people  # type: ignore[attr-defined,assignment]
    people.related_people = Hook()
    people.related_people.register(read_related)
    _register_topics(PresenceState, PresenceDiff)
    hub = Hub()
    deliver = hub.deliver
    hub.deliver = lambda topic, event: (  # type: ignore[method-assign]
        None if topic == POLL else deliver(topic, event)
    )
    hub.start()
    for interval_s, task in ((1.0, forget_dead_processes), (3.0, show_process_alive)):
        hub.spawn(_repeat(hub, interval_s, task))
    return hub


def _register_topics(state: Any, diff: Any) -> None:
    from polls.live import count_watchers
    from realtime import named_presence, presence_event

    state.name, diff.name = "presence-state", "presence-diff"
    named_presence("bench-room", state, diff)(lambda _topic: {})

    @presence_event("bench-poll")
    def count(_topic: str, before: int, now: int, order: int) -> Any:
        return count_watchers("poll.01985c2e-8f10-7d52-b3a4-6a0c5e9d4f21", before, now, order)


async def _repeat(hub: Any, interval_s: float, task: Any) -> None:
    while True:
        await task(hub)
        await asyncio.sleep(interval_s)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        django.setup()
        asyncio.run(run_process(int(sys.argv[1])))
    else:
        main()
