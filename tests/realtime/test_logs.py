"""Stored logs: every subscriber ends with the same complete sequence, nothing twice.

The channel layer is replaced by the test, which delivers, loses, repeats and reorders events.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from apikit.actors import visitor
from apikit.errors import NotFoundError
from realtime import logs
from realtime.close_codes import CloseCode
from realtime.connection import Connection
from realtime.events import MAIN_PROTOCOL, SequencedEvent
from realtime.hub import Hub
from realtime.log_cursor import MAX_HELD
from realtime.logs import MAX_ENTRIES, LogSlice, join_log
from realtime.transport import Transport

TOPIC = "story.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line(SequencedEvent):
    """Line ``number`` has had ``text`` since the position."""

    name: ClassVar[str] = "line"
    at: int
    number: int
    text: str

    @property
    def position(self) -> int:
        return self.at


@dataclass(slots=True)
class Stored:
    """A row: the line with its positions, as ``chat.models.Message`` has them."""

    number: int
    created: int
    changed: int
    text: str


@dataclass(slots=True)
class Story:
    """The log in the database: lines that are added, and changed later."""

    head: int = 0
    lines: list[Stored] = field(default_factory=list)
    reads: list[Mapping[str, int]] = field(default_factory=list)
    running: int = 0
    failure: Exception | None = None

    def add(self) -> Line:
        self.head += 1
        self.lines.append(Stored(len(self.lines), self.head, self.head, f"t{self.head}"))
        return self._event(self.lines[-1], self.head)

    def change(self, number: int) -> Line:
        self.head += 1
        stored = self.lines[number]
        stored.changed, stored.text = self.head, f"t{self.head}"
        return self._event(stored, self.head)

    def texts(self) -> dict[int, str]:
        return {stored.number: stored.text for stored in self.lines}

    def newer(self, last: int) -> list[Line]:
        """The entries after ``last``, without those that are superseded."""
        found = []
        for stored in self.lines:
            positions = {stored.created, stored.changed}
            found += [self._event(stored, at) for at in positions if at > last]
        return sorted(found, key=lambda line: line.position)

    def read(self, known: Mapping[str, int]) -> Mapping[str, LogSlice]:
        self.reads.append(dict(known))
        if self.failure is not None:
            raise self.failure
        entries = self.newer(known[TOPIC])
        if not entries:
            return {}
        some, has_more = entries[:MAX_ENTRIES], len(entries) > MAX_ENTRIES
        return {TOPIC: LogSlice(some, some[-1].at if has_more else self.head, has_more)}

    def _event(self, stored: Stored, position: int) -> Line:
        return Line(at=position, number=stored.number, text=stored.text)


class Reader:
    """A client that shows the lines; it may be disconnected and resume."""

    def __init__(self) -> None:
        self.texts: dict[int, str] = {}
        self.positions: list[int] = []
        self.head = 0
        self.code: CloseCode | None = None
        self.connection: Connection | None = None

    def take(self, data: bytes) -> bool:
        frame = json.loads(data[data.index(b"{") :])
        self.positions.append(frame["at"])
        self.texts[frame["number"]] = frame["text"]
        self.head = frame["at"]
        return True

    async def ignore(self, _text: Any) -> None: ...

    async def take_close(self, code: CloseCode) -> None:
        self.code = code

    def open(self, hub: Hub) -> Connection:
        transport = Transport(self.ignore, self.take_close, lambda: None, self.take)
        connection = Connection(hub.backlog, transport, visitor(), MAIN_PROTOCOL, now_s=hub.now_s)
        hub.attach(connection)
        self.connection = connection
        return connection


@dataclass(frozen=True, slots=True)
class Page:
    entries: Collection[Line]
    head: int


class World:
    """One process with its clients; the database and the layer are the test's."""

    def __init__(self) -> None:
        self.hub = Hub()
        # A join does not wait for the layer then.
        self.hub.bridge._is_up = False
        self.story = Story()
        self.readers: list[Reader] = []
        self.joins: list[asyncio.Task[None]] = []

    async def join(self, reader: Reader, turns_before: int = 0, turns_after: int = 0) -> None:
        """Joins or resumes; the snapshot is taken between two pauses of so many turns."""
        connection = reader.open(self.hub)
        since = reader.head

        async def read() -> Page:
            await turns(turns_before)
            page = Page(self.story.newer(since), self.story.head)
            await turns(turns_after)
            return page

        page = await join_log(self.hub, connection, TOPIC, read)
        # The reply.
        assert reader.head == since
        assert not reader.positions
        for line in page.entries:
            reader.texts[line.number] = line.text
        reader.positions.append(page.head)
        reader.head = page.head

    def start_joining(self, reader: Reader, before: int, after: int) -> None:
        self.joins.append(asyncio.create_task(self.join(reader, before, after)))

    def leave(self, reader: Reader) -> None:
        if reader.connection is not None:
            self.hub.detach(reader.connection)
            reader.connection = None
            reader.positions.clear()

    async def settle(self) -> None:
        await asyncio.gather(*self.joins)
        self.joins.clear()
        await turns(30)
        await self.hub.logs.read_heads()
        await turns(30)
        if TOPIC in self.hub.topics:
            await self.hub.until_written(TOPIC)

    def assert_complete(self) -> None:
        for reader in self.readers:
            if reader.connection is not None:
                assert reader.texts == self.story.texts()
                assert reader.positions == sorted(set(reader.positions))


async def turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


@pytest.fixture(autouse=True)
def _reads_of_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "REORDERING_S", 0)
    monkeypatch.setattr(logs, "RETRY_AFTER_S", 0)
    monkeypatch.setattr(logs, "in_database", read_in_loop)


async def read_in_loop(function: Callable[..., Any], known: Mapping[str, int]) -> Any:
    """Stands for the thread: the loop goes on before and after the query."""
    story: Story = function.__self__  # type: ignore[attr-defined]
    story.running += 1
    assert story.running == 1, "two reads of a log at the same time"
    try:
        await turns(2)
        result = function(known)
        await turns(2)
    finally:
        story.running -= 1
    return result


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    world = World()
    monkeypatch.setitem(logs.LOG_READERS, "story", world.story.read)
    yield world
    await world.hub.stop()


@pytest.fixture
async def reader(world: World) -> Reader:
    """Has joined the empty log."""
    reader = Reader()
    world.readers.append(reader)
    await world.join(reader)
    return reader


async def test_entries_are_written_in_order(world: World, reader: Reader) -> None:
    for _ in range(3):
        world.hub.receive(TOPIC, world.story.add())
    await world.hub.until_written(TOPIC)
    assert reader.positions == [0, 1, 2, 3]
    assert not world.story.reads


async def test_an_entry_that_overtook_another_waits_for_it_without_a_read(
    world: World, reader: Reader
) -> None:
    first, second = world.story.add(), world.story.add()
    world.hub.receive(TOPIC, second)
    await turns(1)
    assert reader.positions == [0]
    world.hub.receive(TOPIC, first)
    await turns(10)
    assert reader.positions == [0, 1, 2]
    assert not world.story.reads


async def test_a_repeated_entry_is_dropped(world: World, reader: Reader) -> None:
    line = world.story.add()
    for _ in range(2):
        world.hub.receive(TOPIC, line)
    await turns(10)
    assert reader.positions == [0, 1]
    assert not world.story.reads


async def test_a_gap_is_filled_by_one_read_for_all_sockets(world: World, reader: Reader) -> None:
    other = Reader()
    await world.join(other)
    world.story.add()
    for _ in range(3):
        world.hub.receive(TOPIC, world.story.add())
    await turns(30)
    assert reader.positions == other.positions == [0, 1, 2, 3, 4]
    assert world.story.reads == [{TOPIC: 0}]


async def test_an_entry_that_arrives_during_the_read_is_delivered_once(
    world: World, reader: Reader
) -> None:
    """Not only once to each client, whose cursor would drop the second."""
    world.story.add()
    world.hub.receive(TOPIC, world.story.add())
    late = world.story.add()
    delivered: list[int] = []
    add = world.hub.topics[TOPIC].fan_out.add

    def note(event: Any) -> None:
        delivered.append(event.position)
        add(event)

    world.hub.topics[TOPIC].fan_out.add = note  # type: ignore[method-assign]
    read = world.story.read

    def read_and_receive(known: Mapping[str, int]) -> Mapping[str, LogSlice]:
        slices = read(known)
        for line in [*world.story.newer(0)][:2]:
            world.hub.receive(TOPIC, line)
        return slices

    read_and_receive.__self__ = world.story  # type: ignore[attr-defined]
    logs.LOG_READERS["story"] = read_and_receive
    await turns(30)
    world.hub.receive(TOPIC, late)
    await turns(10)
    assert delivered == [1, 2, 3]
    assert reader.positions == [0, 1, 2, 3]


async def test_a_gap_and_the_heads_are_not_read_at_the_same_time(
    world: World, reader: Reader
) -> None:
    """The stand-in for the thread fails if they are."""
    world.story.add()
    world.hub.receive(TOPIC, world.story.add())
    for _ in range(5):
        await asyncio.gather(world.hub.logs.read_heads(), world.hub.logs.read_heads())
    await turns(30)
    assert reader.positions == [0, 1, 2]


async def test_lost_entries_are_found_by_the_head_of_the_log(world: World, reader: Reader) -> None:
    for _ in range(2):
        world.story.add()
    await world.settle()
    assert reader.positions == [0, 1, 2]
    await world.settle()
    assert world.story.reads == [{TOPIC: 0}, {TOPIC: 2}]


async def test_superseded_entries_leave_no_gap(world: World, reader: Reader) -> None:
    world.story.add()
    for _ in range(2):
        world.story.change(0)
    await world.settle()
    assert reader.positions == [0, 1, 3]
    world.hub.receive(TOPIC, world.story.add())
    await turns(10)
    assert reader.positions == [0, 1, 3, 4]
    assert len(world.story.reads) == 1


async def test_a_long_gap_is_read_in_parts(world: World, reader: Reader) -> None:
    for _ in range(MAX_ENTRIES + 2):
        world.story.add()
    await world.settle()
    assert reader.positions == list(range(MAX_ENTRIES + 3))
    assert world.story.reads == [{TOPIC: 0}, {TOPIC: MAX_ENTRIES}]


async def test_a_failed_read_is_logged_and_repeated(world: World, reader: Reader) -> None:
    world.story.failure = OSError("away")
    world.story.add()
    with capture_logs() as logged:
        world.hub.receive(TOPIC, world.story.add())
        await turns(30)
    assert [each["event"] for each in logged] == ["put off"]
    world.story.failure = None
    await world.settle()
    assert reader.positions == [0, 1, 2]


async def test_the_reply_to_a_join_comes_before_later_entries(world: World) -> None:
    """Although they arrive before it, and the snapshot does not have them."""
    reader = Reader()
    joining = asyncio.create_task(world.join(reader, turns_after=3))
    await turns(2)
    world.hub.receive(TOPIC, world.story.add())
    await joining
    await turns(10)
    assert reader.positions == [0, 1]


async def test_a_join_does_not_miss_what_was_delivered_to_others_while_it_read(
    world: World, reader: Reader
) -> None:
    late = Reader()
    joining = asyncio.create_task(world.join(late, turns_after=3))
    await turns(2)
    world.hub.receive(TOPIC, world.story.add())
    await joining
    await turns(10)
    assert late.positions == [1]
    assert late.texts == world.story.texts()
    assert reader.positions == [0, 1]


async def test_a_join_that_is_refused_subscribes_to_nothing(world: World, reader: Reader) -> None:
    """Also if access ends between its two reads."""
    late, reads = Reader(), 0

    async def read() -> Page:
        nonlocal reads
        reads += 1
        if reads == 2:
            raise NotFoundError
        page = Page((), world.story.head)
        world.hub.receive(TOPIC, world.story.add())
        return page

    connection = late.open(world.hub)
    with pytest.raises(NotFoundError):
        await join_log(world.hub, connection, TOPIC, read)
    world.hub.receive(TOPIC, world.story.add())
    await turns(10)
    assert not late.positions
    assert connection not in world.hub.topics[TOPIC].subscribers
    assert reader.positions == [0, 1, 2]


async def test_a_client_that_joins_while_too_much_arrives_is_closed(
    world: World, reader: Reader
) -> None:
    """It resumes; nothing grows without a bound meanwhile."""
    late, reads = Reader(), 0

    async def read() -> Page:
        nonlocal reads
        reads += 1
        page = Page((), world.story.head)
        for _ in range(1 if reads == 1 else MAX_HELD + 1):
            world.hub.receive(TOPIC, world.story.add())
        await world.hub.until_written(TOPIC)
        return page

    await join_log(world.hub, late.open(world.hub), TOPIC, read)
    await turns(10)
    assert late.code == CloseCode.FELL_BEHIND
    assert not late.positions
    assert reader.positions == list(range(MAX_HELD + 3))


async def test_a_socket_that_left_gets_nothing_that_was_held(world: World) -> None:
    reader = Reader()

    async def read() -> Page:
        page = Page((), world.story.head)
        world.hub.receive(TOPIC, world.story.add())
        return page

    connection = reader.open(world.hub)
    await join_log(world.hub, connection, TOPIC, read)
    world.hub.leave(connection, TOPIC)
    await turns(10)
    assert not reader.positions
    assert TOPIC not in world.hub.topics
    assert not world.hub.logs._logs


# Everything at once

Step = tuple[str, int, int]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            # The likelier a step, the more often it is named.
            [
                *("add", "add", "add", "change", "deliver", "deliver", "repeat", "lose"),
                *("join", "leave", "turns", "turns", "read_heads"),
            ]
        ),
        st.integers(0, 7),
        st.integers(0, 7),
    ),
    max_size=60,
)


@given(steps=STEPS)
@settings(deadline=None)
def test_every_subscriber_ends_with_the_same_complete_sequence(steps: list[Step]) -> None:
    """Whatever is lost, repeated and reordered, and whenever clients join, leave and resume."""
    asyncio.run(live_through(steps))


async def live_through(steps: list[Step]) -> None:
    world = World()
    world.readers = [Reader() for _ in range(3)]
    logs.LOG_READERS["story"] = world.story.read
    on_the_way: list[Line] = []
    try:
        for kind, some, more in steps:
            await take_step(world, on_the_way, kind, some, more)
        await world.settle()
        world.assert_complete()
    finally:
        del logs.LOG_READERS["story"]
        await world.hub.stop()


async def take_step(world: World, on_the_way: list[Line], kind: str, some: int, more: int) -> None:
    reader = world.readers[some % len(world.readers)]
    match kind:
        case "add":
            on_the_way.append(world.story.add())
        case "change" if world.story.lines:
            on_the_way.append(world.story.change(some % len(world.story.lines)))
        case "deliver" if on_the_way:
            world.hub.receive(TOPIC, on_the_way.pop(some % len(on_the_way)))
        case "repeat" if on_the_way:
            world.hub.receive(TOPIC, on_the_way[some % len(on_the_way)])
        case "lose" if on_the_way:
            on_the_way.pop(some % len(on_the_way))
        case "join" if reader.connection is None:
            world.start_joining(reader, some, more)
            # Until it has connected.
            await turns(1)
        case "leave":
            await asyncio.gather(*world.joins)
            world.joins.clear()
            world.leave(reader)
        case "turns":
            await turns(some)
        case "read_heads":
            await world.hub.logs.read_heads()
        case _:
            pass
