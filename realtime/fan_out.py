"""How an event is written to all sockets that follow a topic: evenly, and not too often."""

import asyncio
import time
from collections import deque
from collections.abc import Collection
from itertools import chain
from typing import TYPE_CHECKING

from apikit.background import report_failed_task
from realtime.events import Event, StateEvent
from realtime.frames import Frame
from realtime.metrics import FAN_OUT, FRAMES

if TYPE_CHECKING:
    from realtime.connection import Connection

# Nobody sees more pictures a second, and phones needn't draw more.
MIN_INTERVAL_S = 1 / 60
# However many watch, this is how long they may have to wait for the next state.
MAX_INTERVAL_S = 1.0
# Not quite a millisecond of writing, after which everything else in the process gets its turn.
SOCKETS_AT_ONCE = 50
# Whatever else the process does waits for what is written, so after that it rests, so many times
# as long as it took.
REST = 2
# The same where states change faster than they can be written to all: somebody votes all the time,
# and each vote is handed from thread to thread and back, and would wait at each of them. Then it
# rests after each of these writes, not only when all are done: that costs more of the processor for
# each frame, and is felt far less.
REST_WHILE_BEHIND = 6
# Timers of event loops count milliseconds.
TICK_S = 0.0005

_report_failed = report_failed_task("fan_out", "events not written to sockets")


class Pace:
    """Keeps the writing of states of all topics together to a share of the process's time."""

    def __init__(self) -> None:
        self._rested_at_s = 0.0

    def rest(self, now_s: float, duration_s: float) -> None:
        """No state is to be written for so long, from now on or from the end of earlier rests."""
        rested_at_s = max(self._rested_at_s, now_s) + duration_s
        self._rested_at_s = min(rested_at_s, now_s + MAX_INTERVAL_S)

    def left_s(self, now_s: float) -> float:
        """How long it is until states may be written again."""
        left_s = self._rested_at_s - now_s
        return left_s if left_s > TICK_S else 0.0


class _State:
    """The newest state of a slot, and who is still to get it."""

    __slots__ = ("_frame", "_is_new", "_waiting")

    def __init__(self) -> None:
        self._waiting: deque[Connection] = deque()
        self._is_new = False

    def renew(self, frame: Frame) -> None:
        """``frame`` takes the place of what there was."""
        self._frame = frame
        self._is_new = True

    @property
    def is_due(self) -> bool:
        """Whether anybody waits."""
        return self._is_new or bool(self._waiting)

    def take(self, subscribers: "Collection[Connection]") -> "tuple[Frame, list[Connection]]":
        """Some who wait for it no longer from now on; first those who have waited longest."""
        if self._is_new:
            self._is_new = False
            self._waiting = deque(dict.fromkeys(chain(self._waiting, subscribers)))
        count = min(SOCKETS_AT_ONCE, len(self._waiting))
        taken = [self._waiting.popleft() for _ in range(count)]
        return self._frame, [each for each in taken if each in subscribers]


class FanOut:
    """Writes the events of one topic to its subscribers.

    A state goes round, to some sockets at a time. A newer one takes its place at once for those
    who haven't got it; the others get that one after them. So few watchers see up to 60 states a
    second, many see fewer but none that is outdated, and the last one reaches them all. Log events
    are all written, in order.
    """

    def __init__(
        self,
        topic: str,
        subscribers: "set[Connection]",
        loop: asyncio.AbstractEventLoop,
        pace: Pace,
    ) -> None:
        self._topic = topic
        self._loop = loop
        self._pace = pace
        self._subscribers = subscribers
        self._log: deque[Frame] = deque()
        self._states: dict[str, _State] = {}
        self._next_round_at_s = 0.0
        self._is_behind = False
        self._task: asyncio.Task[None] | None = None

    def add(self, event: Event) -> None:
        """Writes ``event`` to all subscribers, as soon as its turn comes."""
        if isinstance(event, StateEvent):
            state = self._states.setdefault(event.slot, _State())
            self._is_behind |= state.is_due
            state.renew(Frame(event))
        else:
            self._log.append(Frame(event))
        if self._task is None:
            self._task = self._loop.create_task(self._write_all())
            self._task.add_done_callback(_report_failed)

    async def finished(self) -> None:
        """Waits until everything added is written."""
        if self._task is not None:
            await self._task

    async def _write_all(self) -> None:
        try:
            while self._log or self._are_states_due():
                if self._log:
                    await self._write_to_all(self._log.popleft())
                elif not await self._wait_for_turn():
                    await self._go_round()
        finally:
            self._task = None

    def _are_states_due(self) -> bool:
        return any(state.is_due for state in self._states.values())

    async def _wait_for_turn(self) -> bool:
        """Whether it had to wait, and so should look again at what there is to write."""
        now_s = self._loop.time()
        wait_s = max(self._next_round_at_s - now_s, self._pace.left_s(now_s))
        if wait_s <= 0:
            return False
        await asyncio.sleep(wait_s)
        return True

    async def _go_round(self) -> None:
        """Writes states to as many as there are, nobody twice; less far if there is a log event."""
        self._next_round_at_s = self._loop.time() + MIN_INTERVAL_S
        spent_s, written, left = 0.0, 0, len(self._subscribers)
        while True:
            for state in self._states.values():
                if state.is_due:
                    frame, connections = state.take(self._subscribers)
                    spent_s += self._write(frame, connections)
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
            # If it did rest, other topics may have been first.
            if not left_s:
                return

    async def _write_to_all(self, frame: Frame) -> None:
        """Writes to all who subscribe now."""
        spent_s, subscribers = 0.0, list(self._subscribers)
        for start in range(0, len(subscribers), SOCKETS_AT_ONCE):
            spent_s += self._write(frame, subscribers[start : start + SOCKETS_AT_ONCE])
            await asyncio.sleep(0)
        FRAMES.inc(len(subscribers))
        FAN_OUT.observe(spent_s)

    def _write(self, frame: Frame, connections: "list[Connection]") -> float:
        """The seconds it took: of the processor, since what keeps it waiting is somebody else's."""
        now_s, started_s = self._loop.time(), time.thread_time()
        self._write_frame(frame, connections)
        spent_s = time.thread_time() - started_s
        rest_s = spent_s * (REST_WHILE_BEHIND if self._is_behind else REST)
        share = len(connections) / max(1, len(self._subscribers))
        self._pace.rest(now_s, max(spent_s, min(spent_s + rest_s, MAX_INTERVAL_S * share)))
        return spent_s

    def _write_frame(self, frame: Frame, connections: "list[Connection]") -> None:
        topic, slot = self._topic, frame.slot
        dialect = message = None
        for connection in connections:
            if connection.dialect != dialect:
                dialect = connection.dialect
                message = frame.message(dialect)
            if message is None:
                continue
            if slot is None:
                connection.push(message)
            else:
                connection.push_state(topic, slot, message)


class Topic:
    """What a process knows of a topic that somebody in it follows, or is about to."""

    __slots__ = ("fan_out", "holders", "newest", "subscribers")

    def __init__(self, name: str, loop: asyncio.AbstractEventLoop, pace: Pace) -> None:
        self.subscribers: set[Connection] = set()
        self.holders = 0
        self.newest: dict[str, StateEvent] = {}
        self.fan_out = FanOut(name, self.subscribers, loop, pace)
