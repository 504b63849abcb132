"""Members of a room who follow it, drop off and resume; and people who write in it.

There are hundreds of them in the test's process, so they read frames with less work than a
WebSocket library.
"""

import asyncio
import base64
import itertools
import json
import os
import random
import re
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, cast

import httpx
from websockets.exceptions import ConnectionClosed

from tests.processes import (
    PATIENCE_S,
    Cluster,
    ServerProcess,
    Socket,
    create_guests,
    eventually,
    open_sockets,
)

MESSAGES_PER_SECOND = 100
WRITERS = 4

_HEADER_END = b"\r\n\r\n"
_TEXT, _CLOSE = 0x81, 0x88
_REVISION = re.compile(rb'"revision":(\d+)')
_SEQ = re.compile(rb'"seq":(\d+)')
_BODY = re.compile(rb'"body":"([^"]*)"')


class Member:
    """Somebody who follows a room, on one connection after another."""

    def __init__(self, servers: Sequence[ServerProcess], token: str, room_id: str) -> None:
        self.texts: dict[int, str] = {}
        # Messages that were received twice, or not in their order.
        self.wrong: list[str] = []
        self.joins = 0
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
            if int(revision) <= self._revision:
                self.wrong.append(f"revision {revision} after {self._revision}")
            self._revision = int(revision)
        elif text.startswith(b'{"type":"reply"'):
            self._take_reply(json.loads(text))
        elif text.startswith(b'{"type":"error"'):
            # Such as while the database is away.
            self.drop()

    def _take_reply(self, reply: dict[str, Any]) -> None:
        self.joins += 1
        if reply["reset"] and self._revision >= 0:
            self.wrong.append("reset")
        for message in reply["messages"]:
            self._note(message["seq"], message["body"])
        self._revision = reply["revision"]

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

    def _send(self, payload: bytes) -> None:
        assert self._transport is not None
        length = len(payload)
        head = bytes((_TEXT, 0x80 | min(length, 126)))
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


class Writers:
    """People who write numbered messages, each under a key until it is acknowledged."""

    def __init__(self, room_id: str) -> None:
        # By seq, as acknowledged.
        self.acknowledged: dict[int, str] = {}
        # Attempts without a reply, or refused.
        self.failures = 0
        self._room_id = room_id
        self._numbers = itertools.count(1)

    async def write(
        self, servers: Sequence[ServerProcess], token: str, count: int, interval_s: float
    ) -> None:
        """Writes ``count`` messages, one every ``interval_s`` if the server is fast enough."""
        loop = asyncio.get_running_loop()
        next_at_s = loop.time()
        tries = itertools.cycle(servers)
        left = [f"message {next(self._numbers)}" for _ in range(count)]
        while left:
            try:
                async with open_sockets(next(tries), [token]) as [socket]:
                    while left:
                        await asyncio.sleep(next_at_s - loop.time())
                        if await self._post(socket, left[0]):
                            left.pop(0)
                            next_at_s += interval_s
                        else:
                            await asyncio.sleep(0.1)
            except (ConnectionError, OSError, ConnectionClosed, TimeoutError):
                self.failures += 1
                await asyncio.sleep(0.1)

    async def _post(self, socket: Socket, body: str) -> bool:
        fields = {"roomId": self._room_id, "body": body, "key": body}
        reply = await socket.call("send-message", **fields)
        if reply["type"] == "error":
            assert reply["code"] in {"server.unavailable", "message.in_doubt"}, reply
            self.failures += 1
            return False
        self.acknowledged[reply["message"]["seq"]] = reply["message"]["body"]
        return True


async def create_open_room(server: ServerProcess, count: int) -> tuple[str, list[str]]:
    """A room with so many guests as members; its id and their tokens."""
    tokens = await create_guests(server, count)
    async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE_S) as client:
        email = f"ada-{os.urandom(6).hex()}@example.org"
        account = {"name": "Ada", "email": email, "password": "correct horse battery"}
        registered = await client.post("/api/auth/register", json=account)
        headers = {"Authorization": f"Bearer {registered.json()['tokens']['accessToken']}"}
        created = await client.post(
            "/api/rooms", json={"name": "Hall", "isOpen": True}, headers=headers
        )
        room_id = str(created.json()["room"]["id"])
        gate = asyncio.Semaphore(10)

        async def join(token: str) -> None:
            async with gate:
                joined = await client.post(
                    f"/api/rooms/{room_id}/join", headers={"Authorization": f"Bearer {token}"}
                )
                assert joined.status_code in {200, 201}, joined.text

        await asyncio.gather(*map(join, tokens))
    return room_id, tokens


@asynccontextmanager
async def following(members: Iterable[Member]) -> Any:
    """Has the members follow their room meanwhile."""
    async with AsyncExitStack() as stack:
        for member in members:
            task = asyncio.create_task(member.stay())
            stack.callback(member.drop)
            stack.callback(task.cancel)
        yield


def stored_messages(cluster: Cluster, room_id: str) -> dict[int, str]:
    """The texts by number, as stored; asserts that the numbers have no gaps."""
    rows = cluster.query(
        "SELECT seq, body FROM chat_message WHERE room_id = %s ORDER BY seq", room_id
    )
    assert [seq for seq, _ in rows] == list(range(1, len(rows) + 1))
    return dict(rows)


def assert_acknowledged_once(cluster: Cluster, room_id: str, writers: Writers) -> None:
    """Asserts that each acknowledged message is stored once, and no other."""
    stored = stored_messages(cluster, room_id)
    assert stored == writers.acknowledged
    assert len(set(stored.values())) == len(stored)


def write_all(
    cluster: Cluster, writers: Writers, tokens: Sequence[str], count: int
) -> list[asyncio.Task[None]]:
    """Starts the writers, half of them in each process."""
    interval_s = WRITERS / MESSAGES_PER_SECOND
    return [
        asyncio.create_task(
            writers.write(
                cluster.servers[:: 1 - 2 * (n % 2)], tokens[n], count // WRITERS, interval_s
            )
        )
        for n in range(WRITERS)
    ]


async def until_acknowledged(writers: Writers, count: int) -> None:
    await eventually(lambda: len(writers.acknowledged) >= count, f"{count} messages")


async def have_converged(cluster: Cluster, room_id: str, members: Sequence[Member]) -> None:
    """Waits until every member has every message; asserts that none was seen twice."""
    expected = stored_messages(cluster, room_id)
    await eventually(
        lambda: all(len(each.texts) == len(expected) for each in members),
        "every member has all messages",
    )
    for member in members:
        assert member.texts == expected
        assert not member.wrong
