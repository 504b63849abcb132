"""Clients that cost next to nothing, so that the server stays the bottleneck.

They parse only as much of what comes back as it takes to know where it ends and what it says:
frame headers and a few bytes of JSON.
"""

import asyncio
import base64
import os
from collections import deque
from typing import Any, cast

HEADER_END = b"\r\n\r\n"


class HttpClient(asyncio.Protocol):
    """One keep-alive connection, one request at a time."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._answer: asyncio.Future[int] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are asyncio's by what they do, not by what they inherit from.
        self._transport = cast(asyncio.Transport, transport)

    async def post(self, path: str, body: bytes, token: str) -> int:
        """The status of the answer."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(
            f"POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        return await self._answer

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(HEADER_END)
        if end < 0:
            return
        header = bytes(self._buffer[:end]).lower()
        length = int(header.partition(b"content-length: ")[2].partition(b"\r")[0])
        if len(self._buffer) >= end + len(HEADER_END) + length:
            status = int(header[9:12])
            self._buffer.clear()
            assert self._answer is not None
            self._answer.set_result(status)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionError("closed"))

    def close(self) -> None:
        assert self._transport is not None
        self._transport.close()


class SocketClient(asyncio.Protocol):
    """A WebSocket that counts frames, keeps the last tally, and knows a reply from an event."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._buffer = bytearray()
        self._is_upgraded = False
        self._transport: asyncio.Transport | None = None
        self._waiting: deque[asyncio.Future[bytes]] = deque()
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.frames = 0
        self.last_update = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are asyncio's by what they do, not by what they inherit from.
        self._transport = cast(asyncio.Transport, transport)
        key = base64.b64encode(os.urandom(16)).decode()
        self._transport.write(
            f"GET {self._path} HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    async def call(self, text: bytes) -> bytes:
        """Sends a command; its reply or error, as it came."""
        assert self._transport is not None
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting.append(answer)
        # A mask of zeros leaves the payload as it is (RFC 6455, section 5.3).
        length = len(text)
        head = bytes((0x81, 0x80 | length)) if length < 126 else b"\x81\xfe" + length.to_bytes(2)
        self._transport.write(head + b"\0\0\0\0" + text)
        return await answer

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._is_upgraded:
            end = self._buffer.find(HEADER_END)
            if end < 0:
                return
            if not self._buffer.startswith(b"HTTP/1.1 101"):
                self.opened.set_exception(ConnectionError(bytes(self._buffer[:200])))
                return
            del self._buffer[: end + len(HEADER_END)]
            self._is_upgraded = True
            self.opened.set_result(None)
        self._take_frames()

    def _take_frames(self) -> None:
        buffer, start = self._buffer, 0
        while len(buffer) - start >= 4:
            length, head = buffer[start + 1], 2
            if length == 126:
                length, head = int.from_bytes(buffer[start + 2 : start + 4]), 4
            if len(buffer) - start < head + length:
                break
            payload = bytes(buffer[start + head : start + head + length])
            if buffer[start] == 0x81:
                self._take(payload)
            elif buffer[start] == 0x89:
                self._pong(payload)
            start += head + length
        del buffer[:start]

    def _take(self, payload: bytes) -> None:
        if payload.startswith((b'{"type":"reply"', b'{"type":"error"')):
            self._waiting.popleft().set_result(payload)
        else:
            self.frames += 1
            if payload.startswith(b'{"type":"vote-update"'):
                self.last_update = payload

    def _pong(self, payload: bytes) -> None:
        assert self._transport is not None
        self._transport.write(b"\x8a" + bytes((0x80 | len(payload),)) + b"\0\0\0\0" + payload)

    def connection_lost(self, exc: Exception | None) -> None:
        waiting: list[asyncio.Future[Any]] = [self.opened, *self._waiting]
        for future in waiting:
            if not future.done():
                future.set_exception(exc or ConnectionError("closed"))

    def close(self) -> None:
        assert self._transport is not None
        self._transport.close()


async def open_http(port: int) -> HttpClient:
    """A connection to the server on ``port``."""
    _, client = await asyncio.get_running_loop().create_connection(HttpClient, "127.0.0.1", port)
    return client


async def open_socket(port: int, token: str | None = None) -> SocketClient:
    """A socket to the server on ``port``, open."""
    path = f"/ws?token={token}" if token else "/ws"
    _, client = await asyncio.get_running_loop().create_connection(
        lambda: SocketClient(path), "127.0.0.1", port
    )
    await client.opened
    return client
