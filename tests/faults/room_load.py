"""People who write in a room under faults, and what has to be true in the end."""

import asyncio
import itertools
import os
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed

from tests.faults.members import Member
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
        lambda: all(max(each.texts, default=0) == len(expected) for each in members),
        "every member has the last message",
    )
    async with httpx.AsyncClient(base_url=cluster.servers[0].url, timeout=PATIENCE_S) as client:
        for member in members:
            if member.resets:
                await member.read_missing(client, len(expected))
    for member in members:
        assert not member.wrong
        assert member.texts == expected
