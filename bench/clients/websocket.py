"""A minimal WebSocket client, cheap enough that the server remains the bottleneck.

It parses frame headers, and of the payload only what tells the kind of message. Subclasses
implement the protocol of each contestant: ``bench.clients.speech``.
"""

import asyncio
import base64
import os
import re
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from typing import Any, cast

from bench.clients.http import HEADER_END

TEXT, CLOSE, PING = 0x81, 0x88, 0x89
TOTAL = b'"totalVotes":'
VOTE_COUNT = re.compile(rb'"voteCount":\s*(\d+)')


class Socket(asyncio.Protocol, ABC):
    """Stores the last update, and calls ``on_update`` for each."""

    def __init__(self, token: str | None, poll_id: str) -> None:
        self.token = token
        self.poll_id = poll_id
        self.last_update = b""
        self.on_update: Callable[[bytes], None] | None = None
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.close_frame: bytes | None = None
        self._rest = b""
        self._is_upgraded = False
        self._transport: asyncio.Transport | None = None
        self._waiting: deque[asyncio.Future[bytes]] = deque()

    # The contestant's protocol

    @abstractmethod
    def address(self) -> str:
        """Returns the path and query to connect to."""

    @abstractmethod
    def greet(self) -> None:
        """Called after the handshake: sets ``opened``, or first sends the protocol's greeting."""

    @abstractmethod
    def take(self, text: bytes) -> None:
        """Called for each frame: calls ``show`` for an update, ``answer`` for a response."""

    @abstractmethod
    async def join(self) -> bytes:
        """Subscribes to the poll; returns the snapshot."""

    @abstractmethod
    async def vote(self, poll_id: str, option_id: str) -> bool:
        """Votes; returns whether the vote was accepted."""

    def show(self, text: bytes) -> None:
        self.last_update = text
        if self.on_update is not None:
            self.on_update(text)

    def answer(self, text: bytes) -> None:
        self._waiting.popleft().set_result(text)

    # The wire format

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports have asyncio's interface, but not its base class.
        self._transport = cast(asyncio.Transport, transport)
        key = base64.b64encode(os.urandom(16)).decode()
        self._transport.write(
            f"GET {self.address()} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    async def call(self, text: bytes) -> bytes:
        """Sends a frame and returns the response."""
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting.append(answer)
        self.send(text)
        return await answer

    def send(self, payload: bytes, opcode: int = TEXT) -> None:
        assert self._transport is not None
        # A zero mask leaves the payload unchanged (RFC 6455, section 5.3).
        length = len(payload)
        head = bytes((opcode, 0x80 | min(length, 126)))
        head += length.to_bytes(2) if length >= 126 else b""
        self._transport.write(head + b"\0\0\0\0" + payload)

    def data_received(self, data: bytes) -> None:
        if self._rest:
            data = self._rest + data
        start = 0 if self._is_upgraded else self._upgrade(data)
        while self._is_upgraded and len(data) - start >= 4:
            length, head = data[start + 1], 2
            if length == 126:
                length, head = int.from_bytes(data[start + 2 : start + 4]), 4
            end = start + head + length
            if len(data) < end:
                break
            self._take_frame(data[start], data[start + head : end])
            start = end
        self._rest = data[start:]

    def _upgrade(self, data: bytes) -> int:
        """Returns the offset of the first frame, once the handshake is complete."""
        end = data.find(HEADER_END)
        if end < 0:
            return 0
        if not data.startswith(b"HTTP/1.1 101"):
            self._fail(ConnectionError(data[:200].decode(errors="replace")))
            self.close()
            return len(data)
        self._is_upgraded = True
        self.greet()
        return end + len(HEADER_END)

    def _take_frame(self, opcode: int, payload: bytes) -> None:
        if opcode == TEXT:
            self.take(payload)
        elif opcode == PING:
            self.send(payload, 0x8A)
        elif opcode == CLOSE:
            self.close_frame = payload

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(exc or ConnectionError(f"closed: {self.close_frame!r}"))

    def _fail(self, error: Exception) -> None:
        waiting: list[asyncio.Future[Any]] = [self.opened, *self._waiting]
        for future in waiting:
            if not future.done():
                future.set_exception(error)

    @property
    def is_open(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def close(self) -> None:
        assert self._transport is not None
        self._transport.close()


def total_votes(update: bytes) -> int:
    """Returns the total in an update; with all contestants, a comma follows it."""
    start = update.find(TOTAL) + len(TOTAL)
    return int(update[start : update.find(b",", start)])


def vote_counts(update: bytes) -> list[int]:
    """Returns the votes per option in an update, in the poll's order."""
    return [int(count) for count in VOTE_COUNT.findall(update)]
