"""Limits of connections: bytes, time, pipelined requests, number per address."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import Settings
from uvicorn.middleware.proxy_headers import _TrustedHosts

from apikit.errors import ServerUnavailableError, TooManyRequestsError
from polling_site.server.connection_limits import ConnectionCounter, process_connections
from tests.site.connections import Client, answering, echo

Connect = Callable[..., Client]
HEAD = b"GET / HTTP/1.1\r\nHost: polls.test\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: polls.test\r\nTransfer-Encoding: chunked\r\n\r\n"


async def until(is_true: Callable[[], bool]) -> None:
    """Runs the event loop until a condition holds."""
    async with asyncio.timeout(20):
        while not is_true():  # noqa: ASYNC110 - there is nobody to set an event
            await asyncio.sleep(0.005)


# Headers


@pytest.mark.parametrize(
    "data",
    [
        HEAD + b"X: " + b"a" * 40_000,
        HEAD + b"X: " + b"a" * 40_000 + b"\r\n\r\n",
        HEAD + b"a" * 40_000,
        HEAD + b"X-Name: value\r\n" * 101 + b"\r\n",
        b"GET /" + b"a" * 40_000,
        b"GET /?" + b"a" * 40_000 + b" HTTP/1.1\r\nHost: polls.test\r\n\r\n",
        b"a" * 40_000,
        b"\r\n" * 40_000,
        CHUNKED + b"0\r\nX: " + b"a" * 40_000,
        CHUNKED + b"1;" + b"a" * 40_000,
    ],
    ids=[
        "endless value", "long value", "endless name", "many", "endless address", "long query",
        "endless method", "empty lines", "endless trailer", "endless chunk extension",
    ],
)  # fmt: skip
@pytest.mark.parametrize("step", [1000, 65_536])
async def test_headers_above_the_limits_are_refused(
    connect: Connect, data: bytes, step: int
) -> None:
    client = connect(echo)
    for start in range(0, len(data), step):
        client.send_only(data[start : start + step])
    await client.send(b"")
    assert len(client.statuses) == 1
    assert client.statuses[0] in {400, 431}
    assert client.is_closed


async def test_an_endless_header_is_refused_near_the_limit(connect: Connect) -> None:
    client, sent = connect(echo), 0
    client.send_only(HEAD + b"X: ")
    while not client.is_closed:
        client.send_only(b"a" * 1000)
        sent += 1000
        assert sent < 40_000
    assert client.statuses == [431]


async def test_headers_within_the_limits_pass(connect: Connect, settings: Settings) -> None:
    settings.REQUEST_MAX_HEADER_BYTES = 10_000
    client = connect(echo)
    headers = b"".join(b"X-%02d: %s\r\n" % (number, b"a" * 90) for number in range(99))
    for _ in range(2):
        await client.send(HEAD + headers + b"\r\n")
    assert client.statuses == [200, 200]


async def test_a_long_body_does_not_count_as_headers(connect: Connect) -> None:
    client = connect(answering(b"ok"))
    body = b"1\r\na\r\n" * 30_000 + b"0\r\n\r\n"
    await client.send(CHUNKED + body + HEAD + b"\r\n")
    assert client.statuses == [200, 200]


async def test_a_trailer_is_not_a_header(connect: Connect) -> None:
    seen: list[tuple[bytes, bytes]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        seen.extend(scope["headers"])
        await answering(b"ok")(scope, receive, send)

    await connect(app).send(CHUNKED + b"0\r\nAuthorization: Bearer stolen\r\n\r\n")
    assert [name for name, _ in seen] == [b"host", b"transfer-encoding"]


# Pipelining


async def test_reading_pauses_while_requests_wait(connect: Connect) -> None:
    may_answer = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await may_answer.wait()
        await answering(b"ok")(scope, receive, send)

    client, count = connect(app), 2000
    client.send_only((HEAD + b"\r\n") * count)
    assert len(client.protocol.pipeline) < 200
    may_answer.set()
    await client.send(b"")
    assert client.statuses == [200] * count


async def test_a_flood_of_requests_is_dropped(connect: Connect) -> None:
    may_answer = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await may_answer.wait()

    client = connect(app)
    for _ in range(20):
        client.send_only((HEAD + b"\r\n") * 1000)
    assert client.is_aborted
    may_answer.set()
    await client.send(b"")


# Time


@pytest.mark.parametrize(
    ("setting", "data", "statuses"),
    [
        ("REQUEST_HEADER_SECONDS", b"", []),
        ("REQUEST_HEADER_SECONDS", b"\r\n", []),
        ("REQUEST_HEADER_SECONDS", HEAD, [408]),
        ("REQUEST_HEADER_SECONDS", HEAD + b"\r\n" + HEAD, [200, 408]),
        ("REQUEST_BODY_SECONDS", CHUNKED + b"1\r\na\r\n", [408]),
        (
            "REQUEST_BODY_SECONDS",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\ntea",
            [408],
        ),
    ],
    ids=["nothing", "empty line", "half a head", "then half a head", "chunks", "short body"],
)
async def test_a_client_that_stops_sending_is_dropped(
    connect: Connect, settings: Settings, setting: str, data: bytes, statuses: list[int]
) -> None:
    setattr(settings, setting, 0.05)
    client = connect(echo)
    if data:
        client.send_only(data)
    await until(lambda: client.is_closed)
    assert client.statuses == statuses


async def test_a_file_may_take_longer_than_other_bodies(
    connect: Connect, settings: Settings
) -> None:
    head = b"POST /api/uploads HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\ntea"
    settings.REQUEST_BODY_SECONDS = 0.01
    client = connect(echo)
    client.send_only(head)
    await asyncio.sleep(0.05)
    assert not client.is_closed
    settings.UPLOAD_SECONDS = 0.01
    client = connect(echo)
    client.send_only(head)
    await until(lambda: client.is_closed)
    assert client.statuses == [408]


async def test_sending_slowly_does_not_extend_the_deadline(
    connect: Connect, settings: Settings
) -> None:
    settings.REQUEST_HEADER_SECONDS = 0.05
    client = connect(echo)
    client.send_only(HEAD)

    def send_on() -> bool:
        client.send_only(b"X: 1\r\n")
        return client.is_closed

    await until(send_on)
    assert client.statuses == [408]


async def test_a_slow_response_does_not_time_out_the_client(
    connect: Connect, settings: Settings
) -> None:
    settings.REQUEST_HEADER_SECONDS = settings.REQUEST_BODY_SECONDS = 0.01
    may_answer = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await may_answer.wait()
        await answering(b"ok")(scope, receive, send)

    client = connect(app)
    client.send_only(HEAD + b"\r\n")
    await asyncio.sleep(0.05)
    assert not client.is_closed
    may_answer.set()
    await client.send(b"")
    assert client.statuses == [200]


async def test_a_client_that_reads_nothing_is_dropped(connect: Connect, settings: Settings) -> None:
    settings.RESPONSE_STALL_SECONDS = 0.02
    client = connect(echo)
    client.unread_bytes = 70_000
    client.protocol.pause_writing()
    await until(lambda: client.is_aborted)


async def test_a_client_that_reads_slowly_is_not_dropped(
    connect: Connect, settings: Settings
) -> None:
    # Longer than a busy machine takes to run this test again, and shorter than the test.
    settings.RESPONSE_STALL_SECONDS = 0.3
    client = connect(echo)
    client.unread_bytes = 70_000
    client.protocol.pause_writing()
    ends_s = time.monotonic() + 0.5

    def read_on() -> bool:
        client.unread_bytes -= 1
        return time.monotonic() > ends_s

    await until(read_on)
    assert not client.is_aborted
    client.protocol.resume_writing()


async def test_closing_aborts_if_the_client_reads_nothing(
    connect: Connect, settings: Settings
) -> None:
    settings.RESPONSE_STALL_SECONDS = 0.02
    client = connect(echo)
    client.unread_bytes = 10
    await client.send(HEAD + b"Connection: close\r\n\r\n")
    assert client.is_closed
    await until(lambda: client.is_aborted)


# Connections


@pytest.fixture
def counter(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> ConnectionCounter:
    settings.HTTP_MAX_CONNECTIONS_PER_ADDRESS = 2
    settings.TRUSTED_PROXIES = "192.0.2.7"
    process_connections.cache_clear()
    counter = process_connections()
    monkeypatch.setattr("polling_site.server.http_protocol.process_connections", lambda: counter)
    process_connections.cache_clear()
    return counter


@pytest.mark.usefixtures("counter")
async def test_connections_per_address_are_limited(connect: Connect) -> None:
    first, second, third = [connect(echo) for _ in range(3)]
    assert (third.statuses, third.is_closed) == ([429], True)
    assert connect(echo, "198.51.100.2").statuses == []
    first.leave()
    assert connect(echo).statuses == []
    assert connect(echo).statuses == [429]
    await second.send(HEAD + b"\r\n")
    assert second.statuses == [200]


@pytest.mark.usefixtures("counter")
async def test_a_trusted_proxy_is_not_limited(connect: Connect) -> None:
    assert [connect(echo, "192.0.2.7").statuses for _ in range(5)] == [[]] * 5


@pytest.mark.usefixtures("counter")
async def test_a_socket_counts_until_it_is_closed(connect: Connect) -> None:
    async def accept(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            pass

    handshake = (
        b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    sockets = [connect(accept) for _ in range(2)]
    for socket in sockets:
        socket.send_only(HEAD + handshake)
        await until(lambda socket=socket: socket.statuses == [101])  # type: ignore[misc]
    assert connect(echo).statuses == [429]
    sockets[0].leave()
    assert connect(echo).statuses == []


def test_an_address_gets_at_most_half_and_the_process_has_a_limit() -> None:
    counter = ConnectionCounter(per_address=100, total=4, exempt=_TrustedHosts("192.0.2.7"))
    for _ in range(2):
        counter.admit("198.51.100.1")
    with pytest.raises(TooManyRequestsError):
        counter.admit("198.51.100.1")
    counter.admit("198.51.100.2")
    release = counter.admit("192.0.2.7")
    with pytest.raises(ServerUnavailableError):
        counter.admit("198.51.100.3")
    release()
    counter.admit("198.51.100.3")
