"""Members of a room who follow it, drop off and resume.

There are hundreds of them in the test's process, so they read frames with less work than a
WebSocket library.
"""

import asyncio
import base64
import json
import os
import random
import re
from collections.abc import Sequence
from typing import Any, cast

import httpx

from tests.processes import (
    ServerProcess,
)

_HEADER_END = b"\r\n\r\n"
_TEXT, _CLOSE, _PING, _PONG = 0x81, 0x88, 0x89, 0x8A
_REVISION = re.compile(rb'"revision":(\d+)')
_SEQ = re.compile(rb'"seq":(\d+)')
_BODY = re.compile(rb'"body":"([^"]*)"')


class Member:
    """Somebody who follows a room, on one connection after another."""

    def __init__(self, servers: Sequence[ServerProcess], token: str, room_id: str) -> None:
        self.texts: dict[int, str] = {}
        # Messages that were received twice, or not in their order, or after a gap.
        self.wrong: list[str] = []
        self.joins = 0
        self.resets = 0
        self._servers = servers
        self._token = token
        self._room_id = room_id
        self._revision = -1
        self._link: _Link | None = None
        self._is_leaving = False

    async def stay(self) -> None:
        """Follows the room until cancelled; connects again whenever the connection is lost."""
        while True:
            server = random.choice(self._servers)
            try:
                _, link = await asyncio.get_running_loop().create_connection(
                    lambda: _Link(self), "127.0.0.1", server.port
                )
            except OSError:
                await asyncio.sleep(0.2)
                continue
            self._link = link
            await link.lost
            await asyncio.sleep(random.uniform(0, 0.2))

    def drop(self) -> None:
        """Loses the connection, as a phone does."""
        if self._link is not None:
            self._link.abort()

    def handshake(self) -> bytes:
        key = base64.b64encode(os.urandom(16)).decode()
        return (
            f"GET /ws?token={self._token} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
        ).encode()

    def join(self) -> bytes:
        resumed = {} if self._revision < 0 else {"revision": self._revision}
        return json.dumps({"type": "join-room", "roomId": self._room_id, **resumed}).encode()

    def take(self, text: bytes) -> None:
        if text.startswith(b'{"type":"message"'):
            found = [pattern.search(text) for pattern in (_REVISION, _SEQ, _BODY)]
            revision, seq, body = (match[1].decode() for match in found if match is not None)
            self._note(int(seq), body)
            if int(revision) != self._revision + 1:
                self.wrong.append(f"revision {revision} after {self._revision}")
            self._revision = int(revision)
        elif text.startswith(b'{"type":"reply"'):
            self._take_reply(json.loads(text))
        elif text.startswith(b'{"type":"error"'):
            # Such as while the database is away.
            self.drop()

    def _take_reply(self, reply: dict[str, Any]) -> None:
        self.joins += 1
        messages = reply["messages"]
        if reply["reset"] and self._revision >= 0:
            # Too much was missed for a reply; the rest is read over REST, in the end.
            self.resets += 1
            messages = [each for each in messages if each["seq"] not in self.texts]
        for message in messages:
            self._note(message["seq"], message["body"])
        self._revision = reply["revision"]

    async def read_missing(self, client: httpx.AsyncClient, last_seq: int) -> None:
        """Reads what a reset left out, as a client does that shows earlier messages."""
        while missing := next((seq for seq in range(1, last_seq) if seq not in self.texts), None):
            page = await client.get(
                f"/api/messages/{self._room_id}?after={missing - 1}&limit=100",
                headers={"Authorization": f"Bearer {self._token}"},
            )
            for message in page.json()["messages"]:
                self.texts.setdefault(message["seq"], message["body"])

    def _note(self, seq: int, body: str) -> None:
        if seq in self.texts:
            self.wrong.append(f"message {seq} twice")
        self.texts[seq] = body


class _Link(asyncio.Protocol):
    """One connection of a member."""

    def __init__(self, member: Member) -> None:
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._member = member
        self._rest = b""
        self._is_upgraded = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(self._member.handshake())

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.lost.done():
            self.lost.set_result(None)

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        data = self._rest + data
        start = 0 if self._is_upgraded else self._upgrade(data)
        while self._is_upgraded and (frame := _frame_at(data, start)) is not None:
            opcode, payload_at, end = frame
            if opcode == _TEXT:
                self._member.take(data[payload_at:end])
            elif opcode == _PING:
                self._send(data[payload_at:end], _PONG)
            elif opcode == _CLOSE:
                self.abort()
            start = end
        self._rest = data[start:]

    def _upgrade(self, data: bytes) -> int:
        end = data.find(_HEADER_END)
        if end < 0:
            return 0
        if not data.startswith(b"HTTP/1.1 101"):
            self.abort()
            return len(data)
        self._is_upgraded = True
        self._send(self._member.join())
        return end + len(_HEADER_END)

    def _send(self, payload: bytes, opcode: int = _TEXT) -> None:
        assert self._transport is not None
        length = len(payload)
        head = bytes((opcode, 0x80 | min(length, 126)))
        head += length.to_bytes(2) if length >= 126 else b""
        # A zero mask leaves the payload unchanged (RFC 6455, section 5.3).
        self._transport.write(head + b"\0\0\0\0" + payload)


def _frame_at(data: bytes, start: int) -> tuple[int, int, int] | None:
    """Returns opcode, start and end of the payload of a complete frame."""
    if len(data) - start < 2:
        return None
    length, head = data[start + 1], 2
    if length >= 126:
        size = 2 if length == 126 else 8
        length, head = int.from_bytes(data[start + 2 : start + 2 + size]), 2 + size
    end = start + head + length
    return (data[start], start + head, end) if len(data) >= end else None
