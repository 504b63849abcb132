"""The WebSocket protocol: bounded buffers, and how connections end."""

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pytest_django import Settings
from uvicorn.config import Config
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.server import ServerState

from polling_site.server import websocket_protocol
from polling_site.server.websocket_protocol import WRITE_HIGH_WATER_BYTES, WebSocketProtocol
from realtime.close_codes import CloseCode

TEXT, BINARY, CLOSE, PING, PONG, FIRST, MIDDLE = 0x81, 0x82, 0x88, 0x89, 0x8A, 0x01, 0x00

HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n\r\n" % base64.b64encode(bytes(16))
)


def frame(head: int, payload: bytes = b"") -> bytes:
    """A client's frame; the mask is all zeros."""
    if len(payload) < 126:
        return bytes((head, 0x80 | len(payload))) + bytes(4) + payload
    return bytes((head, 0xFE)) + len(payload).to_bytes(2, "big") + bytes(4) + payload


class Client(asyncio.Transport):
    """A client and its kernel, which read when the test tells them to."""

    def __init__(self) -> None:
        super().__init__()
        self.sent = b""
        self.unread = b""
        self.takes = True
        self.is_read_from = True
        self.is_aborted = self._is_closing = False
        self._high = 0
        self.protocol: WebSocketProtocol

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._high = high or 0

    def get_write_buffer_size(self) -> int:
        return len(self.unread)

    def write(self, data: Any) -> None:
        if self.takes:
            self.sent += data
            return
        was_above = len(self.unread) > self._high
        self.unread += data
        if len(self.unread) > self._high and not was_above:
            self.protocol.pause_writing()

    def read(self) -> None:
        """Reads everything, and continues to read."""
        was_above = len(self.unread) > self._high
        self.sent, self.unread, self.takes = self.sent + self.unread, b"", True
        if was_above:
            self.protocol.resume_writing()

    def pause_reading(self) -> None:
        self.is_read_from = False

    def resume_reading(self) -> None:
        self.is_read_from = True

    def is_closing(self) -> bool:
        return self._is_closing

    def close(self) -> None:
        self._is_closing = True
        if not self.unread and not self.is_aborted:
            self.abort()

    def abort(self) -> None:
        if not self.is_aborted:
            self.is_aborted = self._is_closing = True
            self.protocol.connection_lost(None)

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default


class Application:
    """Accepts, then handles as many frames as the test allows."""

    def __init__(self) -> None:
        self.scope: Any = {}
        self.taken: list[Any] = []
        self.may_take = asyncio.Semaphore(0)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scope = scope
        await receive()
        await send({"type": "websocket.accept"})
        while not self.taken or self.taken[-1]["type"] != "websocket.disconnect":
            await self.may_take.acquire()
            self.taken.append(await receive())

    def take(self, count: int) -> None:
        for _ in range(count):
            self.may_take.release()


@pytest.fixture
async def application() -> Application:
    return Application()


@pytest.fixture
async def new_client(
    application: Application, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Client]:
    """A client that is connected and has sent nothing yet."""
    settings.WS_MAX_COMMANDS_PER_SECOND = 20
    monkeypatch.setattr(websocket_protocol, "CLOSE_TIMEOUT_S", 0.01)
    monkeypatch.setattr(websocket_protocol, "FLOOD_PENALTY_S", 0)
    config = Config(
        application,
        ws_max_size=65_536,
        ws_per_message_deflate=False,
        lifespan="off",
        # Logging belongs to the whole process, and so to other tests, too.
        log_config=None,
    )
    client = Client()
    client.protocol = WebSocketProtocol(config, ServerState(), {})
    client.protocol.connection_made(client)
    yield client
    client.abort()
    application.take(1_000)
    await settle()


@pytest.fixture
async def client(new_client: Client) -> Client:
    """A client with an open socket."""
    new_client.protocol.data_received(HANDSHAKE)
    await settle()
    assert b" 101 " in new_client.sent
    new_client.sent = b""
    return new_client


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def read_from(client: Client) -> bool:
    """Whether the server reads what the client sends."""
    return client.is_read_from


def is_flood_refused(client: Client) -> bool:
    code = CloseCode.TOO_MANY_COMMANDS
    return code.to_bytes(2, "big") + code.reason.encode() in client.sent + client.unread


@pytest.mark.parametrize(
    "flood",
    [
        pytest.param(frame(TEXT) * 40_000, id="empty texts"),
        pytest.param(frame(BINARY) * 40_000, id="empty binary frames"),
        pytest.param(frame(PING, b"p" * 125) * 2_000, id="pings"),
        pytest.param(frame(PONG) * 40_000, id="pongs"),
        pytest.param(frame(FIRST) + frame(MIDDLE) * 40_000, id="fragments"),
    ],
)
async def test_a_flood_of_tiny_frames_is_refused_and_not_buffered(
    client: Client, application: Application, flood: bytes
) -> None:
    client.protocol.data_received(flood)
    assert is_flood_refused(client)
    assert client.protocol.queue.qsize() <= 82
    assert client.protocol.frames == []
    assert client.protocol.buffered_bytes() < 100_000
    application.take(100)
    await settle()
    assert application.taken[-1]["type"] == "websocket.disconnect"
    assert client.is_closing()


async def test_a_flooding_client_stays_unread_before_it_is_closed(
    client: Client, application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket_protocol, "FLOOD_PENALTY_S", 3_600)
    monkeypatch.setattr(websocket_protocol, "CLOSE_TIMEOUT_S", 3_600)
    client.protocol.data_received(frame(PING) * 1_000)
    assert is_flood_refused(client)
    pongs = len(client.sent)
    application.take(100)
    await settle()
    # The application is through with it.
    assert application.taken[-1]["type"] == "websocket.disconnect"
    client.protocol.data_received(frame(PING) * 1_000)
    client.protocol.pause_writing()
    client.protocol.resume_writing()
    assert len(client.sent) == pongs
    assert not read_from(client)
    assert not client.is_closing()
    client.protocol.shutdown()
    assert client.is_aborted


@pytest.mark.parametrize("tiny", [frame(TEXT), frame(PING), frame(PONG)])
async def test_a_flood_before_the_handshake_is_done_ends_the_connection(
    new_client: Client, tiny: bytes
) -> None:
    new_client.protocol.data_received(HANDSHAKE + tiny * 10_000)
    assert new_client.is_aborted
    assert new_client.protocol.queue.qsize() <= 100


async def test_slow_fragments_are_bounded_too(client: Client) -> None:
    client.protocol.data_received(frame(FIRST))
    for _ in range(1_000):
        client.protocol.data_received(frame(MIDDLE))
        if is_flood_refused(client):
            break
    assert is_flood_refused(client)


async def test_a_burst_of_commands_is_read_completely(
    client: Client, application: Application
) -> None:
    client.protocol.data_received(frame(TEXT, b"x" * 1_000) * 60)
    application.take(60)
    await settle()
    assert [each["text"] for each in application.taken] == ["x" * 1_000] * 60
    assert client.is_read_from


async def test_occasional_pings_and_fragments_are_accepted(
    client: Client, application: Application
) -> None:
    client.protocol.data_received(frame(PING, b"p") + frame(FIRST, b"a") + frame(0x80, b"b"))
    application.take(1)
    await settle()
    assert application.taken[0]["text"] == "ab"
    assert client.sent == bytes((PONG, 1)) + b"p"


async def test_reading_pauses_while_the_client_does_not_read(
    client: Client, application: Application
) -> None:
    client.takes = False
    while client.protocol.write_frame(b"x" * 10_000):
        pass
    assert len(client.unread) <= WRITE_HIGH_WATER_BYTES + 10_000
    assert not read_from(client)
    # Taking what has come in is no reason to read on.
    client.protocol.data_received(frame(TEXT, b"a"))
    application.take(1)
    await settle()
    assert not read_from(client)
    client.read()
    assert read_from(client)
    assert client.protocol.write_frame(b"x")


async def test_reading_pauses_while_frames_wait(client: Client, application: Application) -> None:
    client.protocol.data_received(frame(TEXT, b"a"))
    assert not read_from(client)
    client.takes = False
    while client.protocol.write_frame(b"x" * 10_000):
        pass
    client.read()
    assert not read_from(client)
    application.take(1)
    await settle()
    assert read_from(client)


async def test_buffered_bytes_are_counted(client: Client) -> None:
    client.takes = False
    client.protocol.write_frame(b"x" * 3_000)
    received = frame(TEXT, b"x" * 2_000) + frame(FIRST, b"x" * 700) + frame(TEXT, b"x" * 500)[:400]
    client.protocol.data_received(received)
    assert 6_000 <= client.protocol.buffered_bytes() <= 6_200


@pytest.mark.parametrize("end", ["flood", "keepalive"])
async def test_the_application_learns_that_the_server_has_closed_the_socket(
    client: Client, end: str
) -> None:
    """By the error that means that the client is gone, not by one for bugs."""
    if end == "flood":
        client.protocol.data_received(frame(TEXT) * 1_000)
    else:
        client.protocol.keepalive_timeout()
    for message in ({"type": "websocket.send", "text": "x"}, {"type": "websocket.close"}):
        with pytest.raises(ClientDisconnected):
            await client.protocol.send(message)


@pytest.mark.parametrize("end", ["client closes", "flood", "keepalive"])
async def test_an_ended_connection_whose_client_reads_nothing_is_aborted(
    client: Client, application: Application, end: str
) -> None:
    client.takes = False
    client.protocol.write_frame(b"x" * 1_000)
    application.take(100)
    if end == "client closes":
        client.protocol.data_received(frame(CLOSE, (1000).to_bytes(2, "big")))
    elif end == "flood":
        client.protocol.data_received(frame(TEXT) * 1_000)
    else:
        client.protocol.keepalive_timeout()
    await settle()
    assert client.is_closing()
    assert not client.is_aborted
    async with asyncio.timeout(10):
        while not client.is_aborted:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
