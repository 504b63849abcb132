"""Writes events to all subscribers of a topic, evenly and at a bounded rate."""

import asyncio
import time
from collections import deque
from collections.abc import Collection
from itertools import chain

from apikit.background import report_failed_task, report_failure
from realtime.connection import Connection
from realtime.events import Event, StateEvent
from realtime.frames import EncodedEvent
from realtime.metrics import FAN_OUT, FRAMES

# The interval between states on one screen: no more than 60 a second.
MIN_INTERVAL_S = 1 / 60
# The longest pause before the next state, however many subscribers there are.
MAX_INTERVAL_S = 1.0
# Just under a millisecond of writing, after which other loop work gets its turn.
SOCKETS_AT_ONCE = 50
# Pause this times the write time, so that other loop work gets its turn.
PAUSE_FACTOR = 2
# Used when states arrive faster than a pass completes: pause after every chunk of sockets. Votes
# then hop between threads all the time and would wait at each hop. This costs more CPU per frame
# and delays votes far less.
PAUSE_FACTOR_BEHIND = 6
# Event loop timers have a resolution of a millisecond.
TICK_S = 0.0005

_report_failed = report_failed_task("fan_out", "events not written to sockets")


class Pace:
    """Limits the share of time that the process spends writing states, over all topics."""

    def __init__(self) -> None:
        self._paused_until_s = 0.0

    def pause(self, now_s: float, duration_s: float) -> None:
        """Adds a pause after the current one, up to ``MAX_INTERVAL_S`` from now."""
        paused_until_s = max(self._paused_until_s, now_s) + duration_s
        self._paused_until_s = min(paused_until_s, now_s + MAX_INTERVAL_S)

    def left_s(self, now_s: float) -> float:
        """Returns how long it is until states may be written."""
        left_s = self._paused_until_s - now_s
        return left_s if left_s > TICK_S else 0.0


class _State:
    """The newest state of a slot, and the subscribers that do not have it yet."""

    __slots__ = ("_encoded", "_is_new", "_waiting")

    def __init__(self) -> None:
        self._waiting: deque[Connection] = deque()
        self._is_new = False

    def replace(self, encoded: EncodedEvent) -> None:
        """Sets a newer state."""
        self._encoded = encoded
        self._is_new = True

    @property
    def is_due(self) -> bool:
        """Whether any subscriber is waiting for it."""
        return self._is_new or bool(self._waiting)

    def take(self, subscribers: Collection[Connection]) -> tuple[EncodedEvent, list[Connection]]:
        """Removes and returns the next subscribers, those that have waited longest first."""
        if self._is_new:
            self._is_new = False
            self._waiting = deque(dict.fromkeys(chain(self._waiting, subscribers)))
        count = min(SOCKETS_AT_ONCE, len(self._waiting))
        taken = [self._waiting.popleft() for _ in range(count)]
        return self._encoded, [each for each in taken if each in subscribers]


class FanOut:
    """Writes the events of one topic to its subscribers.

    A state is written in passes over the subscribers, some sockets at a time. A newer state
    replaces it at once: subscribers that have not got the old one get the new one, and the others
    get it after them. So few subscribers see up to 60 states a second, many see fewer but never an
    outdated one, and everyone gets the last. Log events are all written, in order.
    """

    def __init__(
        self,
        topic: str,
        subscribers: set[Connection],
        loop: asyncio.AbstractEventLoop,
        pace: Pace,
    ) -> None:
        self._topic = topic
        self._loop = loop
        self._pace = pace
        self._subscribers = subscribers
        self._log: deque[EncodedEvent] = deque()
        self._states: dict[str, _State] = {}
        self._next_pass_at_s = 0.0
        self._is_behind = False
        self._task: asyncio.Task[None] | None = None

    def add(self, event: Event) -> None:
        """Queues ``event`` for all subscribers."""
        if isinstance(event, StateEvent):
            state = self._states.setdefault(event.slot, _State())
            self._is_behind |= state.is_due
            state.replace(EncodedEvent(event))
        else:
            self._log.append(EncodedEvent(event))
        if self._task is None:
            self._task = self._loop.create_task(self._write_all())
            self._task.add_done_callback(_report_failed)

    async def finished(self) -> None:
        """Waits until everything queued is written."""
        if self._task is not None:
            await self._task

    async def _write_all(self) -> None:
        try:
            while self._log or self._are_states_due():
                if self._log:
                    await self._write_to_all(self._log.popleft())
                elif not await self._wait_for_turn():
                    await self._write_pass()
        finally:
            self._task = None

    def _are_states_due(self) -> bool:
        return any(state.is_due for state in self._states.values())

    async def _wait_for_turn(self) -> bool:
        """Waits for the next pass; returns whether it waited, so that the queues may differ."""
        now_s = self._loop.time()
        wait_s = max(self._next_pass_at_s - now_s, self._pace.left_s(now_s))
        if wait_s <= 0:
            return False
        await asyncio.sleep(wait_s)
        return True

    async def _write_pass(self) -> None:
        """Writes due states, at most once to each subscriber; ends early for a log event."""
        self._next_pass_at_s = self._loop.time() + MIN_INTERVAL_S
        spent_s, written, left = 0.0, 0, len(self._subscribers)
        while True:
            for state in self._states.values():
                if state.is_due:
                    encoded, connections = state.take(self._subscribers)
                    spent_s += self._write(encoded, connections)
                    written += len(connections)
            left -= SOCKETS_AT_ONCE
            if not self._are_states_due():
                self._is_behind = False
                break
            await self._give_way()
            if left <= 0 or self._log:
                break
        FRAMES.inc(written)
        FAN_OUT.observe(spent_s)

    async def _give_way(self) -> None:
        while True:
            left_s = self._pace.left_s(self._loop.time()) if self._is_behind else 0.0
            await asyncio.sleep(left_s)
            # After a pause another topic may have gone first, and paused again.
            if not left_s:
                return

    async def _write_to_all(self, encoded: EncodedEvent) -> None:
        """Writes a log event to all current subscribers."""
        spent_s, subscribers = 0.0, list(self._subscribers)
        for start in range(0, len(subscribers), SOCKETS_AT_ONCE):
            spent_s += self._write(encoded, subscribers[start : start + SOCKETS_AT_ONCE])
            await asyncio.sleep(0)
        FRAMES.inc(len(subscribers))
        FAN_OUT.observe(spent_s)

    def _write(self, encoded: EncodedEvent, connections: list[Connection]) -> float:
        """Writes, adds the pause that follows, and returns the CPU seconds it took.

        CPU time, because wall time includes time taken by other threads.
        """
        now_s, started_s = self._loop.time(), time.thread_time()
        self._push(encoded, connections)
        spent_s = time.thread_time() - started_s
        pause_s = spent_s * (PAUSE_FACTOR_BEHIND if self._is_behind else PAUSE_FACTOR)
        share = len(connections) / max(1, len(self._subscribers))
        self._pace.pause(now_s, max(spent_s, min(spent_s + pause_s, MAX_INTERVAL_S * share)))
        return spent_s

    def _push(self, encoded: EncodedEvent, connections: list[Connection]) -> None:
        topic, slot, position = self._topic, encoded.slot, encoded.position
        protocol = frame = excluded = None
        for connection in connections:
            if connection.protocol != protocol:
                protocol = connection.protocol
                frame = encoded.frame(protocol)
                excluded = encoded.event.excluded_person(protocol)
            if frame is None or connection.person == excluded:
                continue
            try:
                if slot is not None:
                    connection.push_state(topic, slot, frame)
                elif position is not None:
                    connection.push_entry(topic, position, frame)
                else:
                    connection.push(frame)
            except Exception as error:  # noqa: BLE001 - outermost; the others still get it
                report_failure("fan_out", error, "frame not written to a socket")
                connection.drop("failed")


class Topic:
    """A topic with subscribers in this process, or with a join under way (``holders``)."""

    __slots__ = ("fan_out", "holders", "newest", "subscribers")

    def __init__(self, name: str, loop: asyncio.AbstractEventLoop, pace: Pace) -> None:
        self.subscribers: set[Connection] = set()
        self.holders = 0
        self.newest: dict[str, StateEvent] = {}
        self.fan_out = FanOut(name, self.subscribers, loop, pace)
