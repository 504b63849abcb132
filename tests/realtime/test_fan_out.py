"""Fan-out: the first state at once, the last always, and a bounded rate in between."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar, cast

import pytest
from structlog.testing import capture_logs

from apikit.actors import visitor
from realtime.backlog import Backlog
from realtime.connection import Connection
from realtime.events import MAIN_PROTOCOL, LogEvent, StateEvent
from realtime.fan_out import (
    MAX_INTERVAL_S,
    MIN_INTERVAL_S,
    PAUSE_FACTOR_BEHIND,
    SOCKETS_AT_ONCE,
    FanOut,
    Pace,
)
from realtime.transport import Transport


@dataclass(frozen=True, slots=True, kw_only=True)
class Level(StateEvent):
    name: ClassVar[str] = "level"
    height: int

    @property
    def order(self) -> int:
        return self.height


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark(LogEvent):
    name: ClassVar[str] = "remark"
    number: int


class Reader:
    """A client that reads everything and records the times."""

    def __init__(self, clock: "Clock") -> None:
        self.frames: list[dict[str, Any]] = []
        self.times_s: list[float] = []
        self._clock = clock
        self.cost_s = 0.0
        self.on_take: Callable[[], None] = lambda: None
        transport = Transport(self._take, self._take_close, self._abort)
        self.connection = Connection(
            Backlog(), transport, visitor(), MAIN_PROTOCOL, now_s=clock.time
        )

    async def _take(self, text: str) -> None:
        self._clock.now_s += self.cost_s
        self.frames.append(json.loads(text))
        self.times_s.append(self._clock.now_s)
        self.on_take()

    async def _take_close(self, code: object) -> None: ...

    def _abort(self) -> None: ...

    def values(self, key: str) -> list[Any]:
        return [frame[key] for frame in self.frames if key in frame]


class Clock:
    """The parts of an event loop that fan-out uses; time passes only in ``sleep``."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._yield = asyncio.sleep
        self.now_s = 0.0

    def time(self) -> float:
        return self.now_s

    def create_task(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        return self._loop.create_task(work)

    async def sleep(self, duration_s: float) -> None:
        await self._yield(0)
        self.now_s += duration_s


@pytest.fixture
async def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("realtime.fan_out.asyncio.sleep", clock.sleep)
    monkeypatch.setattr("realtime.fan_out.time.thread_time", clock.time)
    return clock


@pytest.fixture
async def readers(clock: Clock) -> list[Reader]:
    return [Reader(clock) for _ in range(3)]


@pytest.fixture
async def fan_out(readers: list[Reader], clock: Clock) -> FanOut:
    subscribers = {reader.connection for reader in readers}
    return FanOut("topic", subscribers, cast(asyncio.AbstractEventLoop, clock), Pace())


@pytest.mark.parametrize("event", [Level(height=1), Remark(number=1)])
async def test_a_socket_that_fails_is_dropped_and_the_others_get_the_event(
    clock: Clock, readers: list[Reader], event: Level | Remark
) -> None:
    failing, *others = readers
    is_dropped: list[bool] = []

    async def fail(_text: str) -> None:
        raise RuntimeError("a bug")

    failing.connection._transport = Transport(
        fail, failing._take_close, lambda: is_dropped.append(True)
    )
    # The order of a set depends on addresses; here the failing one comes first.
    subscribers = dict.fromkeys(reader.connection for reader in readers).keys()
    fan_out = FanOut(
        "topic",
        cast(set[Connection], subscribers),
        cast(asyncio.AbstractEventLoop, clock),
        Pace(),
    )
    with capture_logs() as logs:
        fan_out.add(event)
        await fan_out.finished()
    assert [len(reader.frames) for reader in others] == [1, 1]
    assert is_dropped == [True]
    assert [each["event"] for each in logs] == ["frame not written to a socket"]


async def test_a_single_state_is_written_at_once(fan_out: FanOut, readers: list[Reader]) -> None:
    fan_out.add(Level(height=1))
    await asyncio.sleep(0)
    assert [reader.values("height") for reader in readers] == [[1]] * 3


async def test_states_in_a_burst_are_conflated_and_the_last_is_written(
    fan_out: FanOut, readers: list[Reader]
) -> None:
    for height in range(1, 1001):
        fan_out.add(Level(height=height))
        if height % 10 == 0:
            await asyncio.sleep(0)
    await fan_out.finished()
    for reader in readers:
        heights = reader.values("height")
        assert heights[-1] == 1000
        assert heights == sorted(heights)
        assert len(heights) < 100


async def test_at_most_sixty_states_a_second(
    fan_out: FanOut, readers: list[Reader], clock: Clock
) -> None:
    for height in range(1, 6):
        fan_out.add(Level(height=height))
        await clock.sleep(0)
    await fan_out.finished()
    times_s = readers[0].times_s
    gaps_s = [after - before for before, after in pairwise(times_s)]
    assert gaps_s == [pytest.approx(MIN_INTERVAL_S)] * len(gaps_s)
    assert readers[0].values("height")[-1] == 5


async def test_log_events_are_all_written_in_order(fan_out: FanOut, readers: list[Reader]) -> None:
    for number in range(200):
        fan_out.add(Remark(number=number))
        fan_out.add(Level(height=number))
    await fan_out.finished()
    for reader in readers:
        assert reader.values("number") == list(range(200))
        assert reader.values("height")[-1] == 199


async def test_an_event_is_encoded_once_for_all_subscribers(
    fan_out: FanOut, monkeypatch: pytest.MonkeyPatch
) -> None:
    bodies: list[object] = []

    def body(self: Level, protocol: str) -> dict[str, object]:
        bodies.append(protocol)
        return {"height": self.height}

    monkeypatch.setattr(Level, "body", body)
    fan_out.add(Level(height=1))
    await fan_out.finished()
    assert bodies == [MAIN_PROTOCOL]


@pytest.mark.parametrize(
    ("cost_s", "next_at_s"),
    [(0.001, MIN_INTERVAL_S), (0.1, 0.9), (0.2, 1.0), (2.0, 6.0)],
)
async def test_writing_takes_a_third_of_the_time_and_pauses_at_most_a_second(
    fan_out: FanOut, readers: list[Reader], clock: Clock, cost_s: float, next_at_s: float
) -> None:
    """``next_at_s`` is when writing the second state to three readers starts."""
    for reader in readers:
        reader.cost_s = cost_s
    fan_out.add(Level(height=1))
    await clock.sleep(0)
    fan_out.add(Level(height=2))
    await fan_out.finished()
    second_at_s = min(reader.times_s[1] for reader in readers)
    assert second_at_s - cost_s == pytest.approx(next_at_s)


async def test_many_log_events_do_not_delay_a_state_further(
    fan_out: FanOut, readers: list[Reader], clock: Clock
) -> None:
    for reader in readers:
        reader.cost_s = 0.1
    for number in range(20):
        fan_out.add(Remark(number=number))
    fan_out.add(Level(height=1))
    await fan_out.finished()
    *_, remark_s, level_s = readers[0].times_s
    assert level_s - remark_s <= MAX_INTERVAL_S + 3 * 0.1


class Room:
    """More readers than SOCKETS_AT_ONCE, in the order in which they are written to."""

    def __init__(self, clock: Clock, size: int, cost_s: float) -> None:
        self.readers = [Reader(clock) for _ in range(size)]
        for reader in self.readers:
            reader.cost_s = cost_s
        # Released after each chunk of readers.
        self.written = asyncio.Semaphore(0)
        for reader in self.readers[SOCKETS_AT_ONCE - 1 :: SOCKETS_AT_ONCE]:
            reader.on_take = self.written.release
        # A set with a known order.
        self.subscribers = dict.fromkeys(reader.connection for reader in self.readers)
        subscribers = cast(set[Connection], self.subscribers)
        loop = cast(asyncio.AbstractEventLoop, clock)
        self.fan_out = FanOut("topic", subscribers, loop, Pace())

    def heights(self) -> list[list[int]]:
        """The heights that each chunk of readers got."""
        chunks = [reader.values("height") for reader in self.readers[::SOCKETS_AT_ONCE]]
        for number, reader in enumerate(self.readers):
            assert reader.values("height") == chunks[number // SOCKETS_AT_ONCE]
        return chunks


async def test_readers_without_the_state_get_the_newest_and_none_gets_it_twice(
    clock: Clock,
) -> None:
    room = Room(clock, 3 * SOCKETS_AT_ONCE, cost_s=0.001)
    room.fan_out.add(Level(height=1))
    await clock.sleep(0)
    assert room.heights() == [[1], [], []]
    room.fan_out.add(Level(height=2))
    await room.fan_out.finished()
    assert room.heights() == [[1, 2], [2], [2]]


async def test_readers_that_have_waited_longest_come_first(clock: Clock) -> None:
    room = Room(clock, 4 * SOCKETS_AT_ONCE, cost_s=0.001)
    for height in range(1, 7):
        room.fan_out.add(Level(height=height))
        await room.written.acquire()
    assert room.heights() == [[1, 5], [2, 6], [3], [4]]
    await room.fan_out.finished()
    assert room.heights() == [[1, 5, 6], [2, 6], [3, 6], [4, 6]]


async def test_a_pass_has_no_pauses(clock: Clock) -> None:
    room = Room(clock, 3 * SOCKETS_AT_ONCE, cost_s=0.001)
    room.fan_out.add(Level(height=1))
    await room.fan_out.finished()
    assert clock.now_s == pytest.approx(3 * SOCKETS_AT_ONCE * 0.001)


async def test_while_newer_states_arrive_it_pauses_after_each_chunk(clock: Clock) -> None:
    """But not once it has caught up."""
    cost_s = 0.0001
    write_s = cost_s * SOCKETS_AT_ONCE
    room = Room(clock, 3 * SOCKETS_AT_ONCE, cost_s)
    for height in (1, 2):
        room.fan_out.add(Level(height=height))
    await room.fan_out.finished()
    assert clock.now_s == pytest.approx(3 * write_s + 2 * PAUSE_FACTOR_BEHIND * write_s)
    before_s = clock.now_s = clock.now_s + PAUSE_FACTOR_BEHIND * write_s
    room.fan_out.add(Level(height=3))
    await room.fan_out.finished()
    assert clock.now_s - before_s == pytest.approx(3 * write_s)


async def test_a_reader_that_leaves_during_a_pass_is_not_written_to(clock: Clock) -> None:
    room = Room(clock, 2 * SOCKETS_AT_ONCE, cost_s=0.001)
    room.fan_out.add(Level(height=1))
    await clock.sleep(0)
    *_, last = room.readers
    del room.subscribers[last.connection]
    await room.fan_out.finished()
    assert [reader.values("height") for reader in room.readers[-2:]] == [[1], []]


async def test_a_log_event_does_not_wait_for_the_end_of_a_pass(clock: Clock) -> None:
    room = Room(clock, 2 * SOCKETS_AT_ONCE, cost_s=0.001)
    room.fan_out.add(Level(height=1))
    await clock.sleep(0)
    room.fan_out.add(Remark(number=1))
    await room.fan_out.finished()
    first, *_, last = room.readers
    assert [frame["event"] for frame in first.frames] == ["level", "remark"]
    assert [frame["event"] for frame in last.frames] == ["remark", "level"]
