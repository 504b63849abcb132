"""Writing to one client: without waiting for it, no faster than it reads."""

import asyncio
from typing import Any

import pytest
from pytest_django import Settings
from websockets.frames import Frame as LibraryFrame
from websockets.frames import Opcode

from apikit.actors import visitor
from realtime.backlog import Backlog
from realtime.close_codes import CloseCode
from realtime.connection import LOW_WATER_BYTES, MAX_WAITING_FRAMES, Connection
from realtime.events import MAIN_PROTOCOL
from realtime.frames import Frame
from realtime.transport import Transport


class Client:
    """A client that can stop reading, like a phone without reception."""

    def __init__(self) -> None:
        self.read: list[str] = []
        self.code: CloseCode | None = None
        self.is_aborted = False
        self.is_gone = False
        self._takes_one = False
        self._may_read = asyncio.Event()
        self._may_read.set()

    def block(self) -> None:
        self._may_read.clear()

    def unblock(self) -> None:
        self._may_read.set()

    async def read_one(self) -> None:
        """Reads a single frame, then blocks again."""
        count = len(self.read)
        self._takes_one = True
        self.unblock()
        while len(self.read) == count:  # noqa: ASYNC110
            await asyncio.sleep(0)
        self._takes_one = False

    async def take_text(self, text: str) -> None:
        await self._may_read.wait()
        if self.is_gone:
            raise ConnectionResetError
        self.read.append(text)
        if self._takes_one:
            self.block()

    def take_frame(self, frame: bytes) -> bool:
        """As our server does for short frames: writes at once, or not at all."""
        if self.is_gone:
            raise ConnectionResetError
        if not self._may_read.is_set():
            return False
        self.read.append(frame[2:].decode())
        return True

    async def take_close(self, code: CloseCode) -> None:
        await self._may_read.wait()
        self.code = code

    def abort(self) -> None:
        self.is_aborted = True


class StandIn:
    """The parts of a hub that a connection uses, with a clock that tests set."""

    def __init__(self) -> None:
        self.time_s = 0.0
        self.backlog = Backlog()

    def now_s(self) -> float:
        return self.time_s


@pytest.fixture
async def client() -> Client:
    return Client()


@pytest.fixture
async def hub() -> StandIn:
    return StandIn()


@pytest.fixture(params=["texts", "frames"])
async def connection(hub: StandIn, client: Client, request: pytest.FixtureRequest) -> Connection:
    """On a server that takes only text, and on one that takes complete frames."""
    takes_frames = request.param == "frames"
    transport = Transport(
        client.take_text,
        client.take_close,
        client.abort,
        client.take_frame if takes_frames else None,
    )
    return Connection(hub.backlog, transport, visitor(), MAIN_PROTOCOL, now_s=hub.now_s)


async def settle() -> None:
    """Lets all tasks run until they wait."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_frame_is_written_without_a_task_if_the_client_reads(
    connection: Connection, client: Client
) -> None:
    before = asyncio.all_tasks()
    connection.push(Frame("a"))
    connection.push_state("topic", "slot", Frame("b"))
    assert client.read == ["a", "b"]
    assert asyncio.all_tasks() == before


async def test_a_slow_client_falls_back_to_the_newest_state(
    connection: Connection, client: Client
) -> None:
    client.block()
    for version in range(100):
        connection.push_state("tally.1", "vote-update", Frame(f"v{version}"))
    client.unblock()
    await settle()
    # The first was being written when the client blocked; of the others only the last is kept.
    assert client.read == ["v0", "v99"]


async def test_states_of_other_slots_and_topics_are_kept(
    connection: Connection, client: Client
) -> None:
    client.block()
    connection.push(Frame("first"))
    for text in ("a1", "a2"):
        connection.push_state("tally.1", "vote-update", Frame(text))
    connection.push_state("tally.2", "vote-update", Frame("b"))
    connection.push_state("tally.1", "watchers", Frame("c"))
    client.unblock()
    await settle()
    assert client.read == ["first", "a2", "b", "c"]


async def test_replies_and_messages_are_all_written_in_order_before_states(
    connection: Connection, client: Client
) -> None:
    client.block()
    connection.push(Frame("r0"))
    connection.push_state("t", "s", Frame("state"))
    for number in range(1, 4):
        connection.push(Frame(f"r{number}"))
    client.unblock()
    await settle()
    assert client.read == ["r0", "r1", "r2", "r3", "state"]


async def test_a_client_that_falls_behind_is_closed_and_may_reconnect(
    connection: Connection, client: Client
) -> None:
    """However small the frames are."""
    client.block()
    for number in range(MAX_WAITING_FRAMES + 2):
        connection.push(Frame(str(number)))
    assert connection.is_closing
    connection.push(Frame("late"))
    client.unblock()
    await settle()
    assert client.code == CloseCode.FELL_BEHIND
    assert client.read == [str(number) for number in range(MAX_WAITING_FRAMES + 1)]


async def test_a_close_comes_after_queued_frames(connection: Connection, client: Client) -> None:
    client.block()
    connection.push(Frame("reply"))
    connection.close(CloseCode.RESTARTING)
    connection.close(CloseCode.SUSPENDED)
    connection.push_state("t", "s", Frame("state"))
    client.unblock()
    await settle()
    assert (client.read, client.code) == (["reply"], CloseCode.RESTARTING)


async def test_a_client_that_reads_nothing_is_dropped(
    connection: Connection, client: Client, hub: StandIn, settings: Settings
) -> None:
    settings.WS_STALL_SECONDS = 10
    client.block()
    connection.push(Frame("a"))
    hub.time_s = 9.0
    connection.abort_if_stalled(hub.time_s)
    assert not client.is_aborted
    hub.time_s = 11.0
    connection.abort_if_stalled(hub.time_s)
    assert client.is_aborted


async def test_a_client_that_reads_a_little_is_not_dropped(
    connection: Connection, client: Client, hub: StandIn, settings: Settings
) -> None:
    settings.WS_STALL_SECONDS = 10
    for _ in range(3):
        client.block()
        connection.push(Frame("a"))
        hub.time_s += 9.0
        client.unblock()
        await settle()
        connection.abort_if_stalled(hub.time_s)
    assert not client.is_aborted


async def test_a_client_that_reads_one_frame_at_a_time_is_not_dropped(
    connection: Connection, client: Client, hub: StandIn, settings: Settings
) -> None:
    settings.WS_STALL_SECONDS = 10
    client.block()
    for number in range(4):
        connection.push(Frame(str(number)))
    for _ in range(3):
        hub.time_s += 9.0
        await client.read_one()
        connection.abort_if_stalled(hub.time_s)
    assert not client.is_aborted
    assert client.read == ["0", "1", "2"]


@pytest.mark.parametrize("kind", ["state", "reply"])
async def test_no_frame_overtakes_queued_frames(
    connection: Connection, client: Client, kind: str
) -> None:
    client.block()
    connection.push(Frame("reply"))
    connection.push_state("t", "old", Frame("state"))
    client.unblock()
    # The task that writes queued frames has not run yet.
    if kind == "state":
        connection.push_state("t", "new", Frame("late"))
        expected = ["reply", "state", "late"]
    else:
        connection.push(Frame("late"))
        expected = ["reply", "late", "state"]
    await settle()
    assert client.read == expected


async def test_queued_states_are_not_written_before_a_close(
    connection: Connection, client: Client
) -> None:
    client.block()
    connection.push(Frame("reply"))
    connection.push_state("t", "s", Frame("state"))
    connection.close(CloseCode.RESTARTING)
    client.unblock()
    await settle()
    assert (client.read, client.code) == (["reply"], CloseCode.RESTARTING)
    assert connection.waiting_bytes == 0


# Bounds


async def test_queued_replies_are_bounded_in_bytes(
    connection: Connection, client: Client, settings: Settings
) -> None:
    settings.WS_MAX_QUEUED_BYTES = 100_000
    client.block()
    for _ in range(20):
        connection.push(Frame("x" * 15_000))
        assert connection.waiting_bytes <= 100_000
    assert connection.is_closing
    client.unblock()
    await settle()
    assert client.code == CloseCode.FELL_BEHIND


async def test_queued_states_are_bounded_in_bytes(
    connection: Connection, client: Client, settings: Settings
) -> None:
    settings.WS_MAX_QUEUED_BYTES = 100_000
    client.block()
    for number in range(20):
        connection.push_state("t", str(number), Frame("x" * 15_000))
        assert connection.waiting_bytes <= 100_000
    assert connection.is_closing


async def test_a_state_that_replaces_another_takes_its_place(
    connection: Connection, client: Client, settings: Settings
) -> None:
    settings.WS_MAX_QUEUED_BYTES = 100_000
    client.block()
    connection.push(Frame("reply"))
    for _ in range(50):
        connection.push_state("t", "s", Frame("x" * 15_000))
    assert not connection.is_closing
    assert connection.waiting_bytes < 16_000


async def test_a_single_frame_may_exceed_the_bound(
    connection: Connection, client: Client, settings: Settings
) -> None:
    settings.WS_MAX_QUEUED_BYTES = 10
    client.block()
    connection.push(Frame("x" * 100))
    assert not connection.is_closing


async def test_a_shared_frame_costs_a_socket_only_overhead(
    connection: Connection, client: Client
) -> None:
    client.block()
    for number in range(10):
        connection.push_state("t", str(number), Frame("x" * 50_000, is_shared=True))
    assert connection.waiting_bytes < 5_000


@pytest.mark.parametrize("end", ["read", "forget", "drop"])
async def test_queued_bytes_are_released(
    connection: Connection, client: Client, hub: StandIn, end: str
) -> None:
    hub.backlog.attach(connection)
    client.block()
    for text in ("a", "b"):
        connection.push(Frame(text * 1000))
        connection.push_state("t", text, Frame(text * 1000))
    assert hub.backlog.total_bytes == connection.waiting_bytes > 4000
    if end == "read":
        client.unblock()
    elif end == "forget":
        connection.forget()
    else:
        connection.drop("backlog")
        assert client.is_aborted
    await settle()
    assert (connection.waiting_bytes, hub.backlog.total_bytes) == (0, 0)


async def test_commands_wait_until_the_client_has_read(
    connection: Connection, client: Client
) -> None:
    client.block()
    for _ in range(3):
        connection.push(Frame("x" * LOW_WATER_BYTES))
    waiting = asyncio.create_task(connection.until_read())
    await settle()
    await client.read_one()
    await settle()
    assert not waiting.done()
    client.unblock()
    await settle()
    assert waiting.done()
    await waiting


async def test_commands_do_not_wait_below_the_low_water_mark(
    connection: Connection, client: Client
) -> None:
    client.block()
    connection.push(Frame("x"))
    async with asyncio.timeout(1):
        await connection.until_read()


@pytest.mark.parametrize("end", ["close", "forget", "gone", "drop"])
async def test_the_end_of_a_socket_ends_the_wait_of_its_commands(
    connection: Connection, client: Client, end: str
) -> None:
    client.block()
    for _ in range(3):
        connection.push(Frame("x" * LOW_WATER_BYTES))
    waiting = asyncio.create_task(connection.until_read())
    await settle()
    assert not waiting.done()
    if end == "close":
        connection.close(CloseCode.RESTARTING)
    elif end == "forget":
        connection.forget()
    elif end == "drop":
        connection.drop("backlog")
    else:
        client.is_gone = True
        client.unblock()
    await settle()
    assert waiting.done()


async def test_nothing_is_written_to_a_client_that_is_gone(
    connection: Connection, client: Client
) -> None:
    client.is_gone = True
    connection.push(Frame("a"))
    assert connection.is_closing
    connection.push(Frame("b"))
    assert client.read == []


async def test_a_forgotten_connection_stops_waiting_for_its_client(
    connection: Connection, client: Client
) -> None:
    before: set[Any] = asyncio.all_tasks()
    client.block()
    connection.push(Frame("a"))
    connection.push(Frame("b"))
    connection.forget()
    await settle()
    assert asyncio.all_tasks() == before
    client.unblock()
    await settle()
    assert client.read == []


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
def test_a_frame_equals_that_of_a_library(size: int) -> None:
    text = "ü" * (size // 2) + "x" * (size % 2)
    assert Frame(text).data == LibraryFrame(Opcode.TEXT, text.encode()).serialize(mask=False)
