"""Bounds on the bytes waiting for the sockets of an address and of a process."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings

from apikit.actors import visitor
from realtime.backlog import Backlog
from realtime.connection import Connection
from realtime.events import MAIN_PROTOCOL
from realtime.frames import Frame
from realtime.transport import Transport


class Socket:
    """A connection whose client reads nothing."""

    def __init__(self, backlog: Backlog, address: str) -> None:
        self.is_aborted = False
        self.buffered_bytes = 0
        transport = Transport(
            self._never, self._never, self._abort, lambda _: False, lambda: self.buffered_bytes
        )
        self.connection = Connection(backlog, transport, visitor(), MAIN_PROTOCOL, address=address)
        backlog.attach(self.connection)

    def queue(self, size: int) -> None:
        self.connection.push(Frame("x" * size))

    async def _never(self, _: object) -> None:
        await asyncio.Event().wait()

    def _abort(self) -> None:
        self.is_aborted = True


OpenSocket = Callable[[str], Socket]


@pytest.fixture
async def backlog(settings: Settings) -> Backlog:
    settings.WS_MAX_QUEUED_BYTES_PER_ADDRESS = 100_000
    settings.WS_MAX_QUEUED_BYTES_PER_PROCESS = 200_000
    return Backlog()


@pytest.fixture
async def open_socket(backlog: Backlog) -> Any:
    sockets: list[Socket] = []

    def open_one(address: str) -> Socket:
        sockets.append(Socket(backlog, address))
        return sockets[-1]

    yield open_one
    for each in sockets:
        each.connection.forget()


async def test_an_address_above_its_bound_loses_the_sockets_that_hold_the_most(
    backlog: Backlog, open_socket: OpenSocket
) -> None:
    modest, greedy, other = open_socket("a"), open_socket("a"), open_socket("b")
    modest.queue(30_000)
    other.queue(60_000)
    for _ in range(4):
        greedy.queue(20_000)
    assert (modest.is_aborted, greedy.is_aborted, other.is_aborted) == (False, True, False)
    assert backlog.total_bytes == sum(each.connection.held_bytes for each in (modest, other))


async def test_many_sockets_of_an_address_stay_within_its_bound(
    backlog: Backlog, open_socket: OpenSocket
) -> None:
    for _ in range(50):
        open_socket("a").queue(10_000)
        assert backlog.total_bytes <= 100_000


async def test_a_process_above_its_bound_drops_the_sockets_that_hold_the_most(
    backlog: Backlog, open_socket: OpenSocket
) -> None:
    modest = open_socket("modest")
    modest.queue(1_000)
    greedy = [open_socket(f"address {number}") for number in range(20)]
    for each in greedy:
        each.queue(50_000)
        assert backlog.total_bytes <= 200_000
    assert not modest.is_aborted
    assert sum(not each.is_aborted for each in greedy) >= 2


async def test_sockets_without_an_address_count_for_the_process_only(
    backlog: Backlog, open_socket: OpenSocket
) -> None:
    sockets = [open_socket("") for _ in range(3)]
    for each in sockets:
        each.queue(50_000)
    assert not any(each.is_aborted for each in sockets)
    open_socket("").queue(60_000)
    assert backlog.total_bytes <= 200_000


async def test_the_buffers_of_the_server_count(backlog: Backlog, open_socket: OpenSocket) -> None:
    idle, greedy = open_socket("a"), open_socket("a")
    idle.buffered_bytes, greedy.buffered_bytes = 1_000, 90_000
    backlog.measure([idle.connection, greedy.connection])
    assert backlog.total_bytes == 91_000
    greedy.buffered_bytes = 5_000
    backlog.measure([idle.connection, greedy.connection])
    assert backlog.total_bytes == 6_000
    greedy.buffered_bytes = 110_000
    backlog.measure([idle.connection, greedy.connection])
    assert (idle.is_aborted, greedy.is_aborted) == (False, True)
    assert backlog.total_bytes == 1_000


async def test_a_detached_socket_no_longer_counts(
    backlog: Backlog, open_socket: OpenSocket
) -> None:
    gone = open_socket("a")
    gone.queue(5_000)
    gone.buffered_bytes = 1_000
    backlog.measure([gone.connection])
    backlog.detach(gone.connection)
    gone.connection.forget()
    assert (backlog.total_bytes, backlog.count("a")) == (0, 0)


async def test_sockets_are_counted_by_address(backlog: Backlog, open_socket: OpenSocket) -> None:
    for _ in range(3):
        open_socket("a")
    assert (backlog.count("a"), backlog.count("b")) == (3, 0)


async def test_large_frames_of_an_address_share_a_budget(
    backlog: Backlog, open_socket: OpenSocket, settings: Settings
) -> None:
    settings.WS_MAX_BYTES_PER_SECOND_PER_ADDRESS = 10_000
    one, other = open_socket("198.51.100.1").connection, open_socket("198.51.100.1").connection
    stranger = open_socket("198.51.100.2").connection
    assert backlog.input_delay_s(one, 10_000, 100.0) == 0.0
    assert backlog.input_delay_s(other, 10_000, 100.0) == 0.0  # a burst
    assert backlog.input_delay_s(one, 5_000, 100.0) == pytest.approx(0.5)
    assert backlog.input_delay_s(other, 5_000, 100.0) == pytest.approx(1.0)
    # Small frames never wait, nor do frames of other addresses.
    assert backlog.input_delay_s(one, 1_024, 100.0) == 0.0
    assert backlog.input_delay_s(stranger, 10_000, 100.0) == 0.0
    assert backlog.input_delay_s(one, 5_000, 110.0) == 0.0


async def test_large_replies_share_it_once_a_socket_has_asked_for_many(
    backlog: Backlog, open_socket: OpenSocket, settings: Settings
) -> None:
    settings.WS_MAX_BYTES_PER_SECOND_PER_ADDRESS = 10_000
    one, other = open_socket("198.51.100.1").connection, open_socket("198.51.100.1").connection
    for _ in range(8):
        one.reply(Frame("x" * 8_000))
        other.reply(Frame("x" * 1_000))
    assert backlog.input_delay_s(one, 100, 100.0) == 0.0
    for _ in range(4):
        one.reply(Frame("x" * 8_000))
    # 96 kB less the first 64 kB, and less the burst of two seconds.
    assert backlog.input_delay_s(one, 100, 100.0) == pytest.approx(1.0, abs=0.1)
    assert backlog.input_delay_s(one, 100, 100.0) == 0.0
    assert backlog.input_delay_s(other, 100, 100.0) == 0.0
