"""How an event is written to all sockets that follow a topic: evenly, and not too often."""

import asyncio
import time
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING

from realtime.connection import Frame
from realtime.events import Event, StateEvent
from realtime.metrics import FAN_OUT, FRAMES

if TYPE_CHECKING:
    from realtime.connection import Connection

# Nobody sees more pictures a second, and phones needn't draw more.
MIN_INTERVAL_S = 1 / 60
# However many watch, this is how long they may have to wait for the next state.
MAX_INTERVAL_S = 1.0
# Not quite a millisecond of writing, after which everything else in the process gets its turn.
SOCKETS_AT_ONCE = 50
# Votes that come while states are written wait for it, so for most of the time none are.
REST = 2


class Pace:
    """Keeps the writing of all topics together to about a third of the process's time."""

    def __init__(self) -> None:
        self.free_at_s = 0.0

    def rest(self, now_s: float, spent_s: float) -> None:
        """No state is written for twice as long as was just spent, within the longest interval."""
        self.free_at_s = now_s + min(REST * spent_s, max(0.0, MAX_INTERVAL_S - spent_s))


class FanOut:
    """Writes the events of one topic to its subscribers.

    The first state is written at once. While it is being written, and for twice as long again,
    newer states replace each other; then the newest is written. So few watchers see up to 60 a
    second, many see fewer, and the last one is always written. Log events are all written, in
    order.
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
        self._states: dict[str, Frame] = {}
        self._next_state_at_s = 0.0
        self._task: asyncio.Task[None] | None = None

    def add(self, event: Event) -> None:
        """Writes ``event`` to all subscribers, as soon as its turn comes."""
        if isinstance(event, StateEvent):
            self._states[event.slot] = Frame(event)
        else:
            self._log.append(Frame(event))
        if self._task is None:
            self._task = self._loop.create_task(self._write_all())

    async def finished(self) -> None:
        """Waits until everything added is written."""
        if self._task is not None:
            await self._task

    async def _write_all(self) -> None:
        try:
            while self._log or self._states:
                if self._log:
                    await self._write([self._log.popleft()])
                elif not await self._wait_for_turn():
                    await self._write_states()
        finally:
            self._task = None

    async def _wait_for_turn(self) -> bool:
        """Whether it had to wait, and so should look again at what there is to write."""
        wait_s = max(self._next_state_at_s, self._pace.free_at_s) - self._loop.time()
        if wait_s <= 0:
            return False
        await asyncio.sleep(wait_s)
        return True

    async def _write_states(self) -> None:
        self._next_state_at_s = self._loop.time() + MIN_INTERVAL_S
        frames, self._states = list(self._states.values()), {}
        await self._write(frames)

    async def _write(self, frames: list[Frame]) -> None:
        """Writes to all who subscribe now, and takes a rest after that."""
        spent_s = 0.0
        subscribers = iter(list(self._subscribers))
        while chunk := list(islice(subscribers, SOCKETS_AT_ONCE)):
            # Not the loop's clock, which stands still during a turn of the loop.
            started_s = time.perf_counter()
            for frame in frames:
                self._write_frame(frame, chunk)
            spent_s += time.perf_counter() - started_s
            FRAMES.inc(len(chunk) * len(frames))
            await asyncio.sleep(0)
        self._pace.rest(self._loop.time(), spent_s)
        FAN_OUT.observe(spent_s)

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
