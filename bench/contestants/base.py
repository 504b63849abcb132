"""The interface of contestants: a server, its seeded data, and its resource usage."""

import asyncio
import contextlib
import time
import urllib.request
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import psycopg

from bench.clients.http import HttpClient, open_http
from bench.clients.speech import open_socket
from bench.clients.websocket import Socket
from bench.processes import cpu_seconds, resident_bytes
from bench.services import Services

SOCKETS_AT_ONCE = 100
PASSWORD = "correct horse battery"


@dataclass(frozen=True, slots=True)
class PollHandle:
    """A poll and its options, in order."""

    id: str
    option_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Setup:
    """The data to seed. ``polls`` has the number of votes of each poll; ``accounts`` can sign in
    with ``PASSWORD``, which only Tallyroom uses."""

    processes: int = 2
    voters: int = 0
    polls: tuple[int, ...] = (0,)
    accounts: int = 0


@dataclass(frozen=True, slots=True)
class Known:
    """The seeded data of a database. ``spare_poll`` is for warming up."""

    tokens: list[str]
    polls: list[PollHandle]
    spare_poll: PollHandle
    emails: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Usage:
    """Elapsed seconds, and CPU seconds of the server, of PostgreSQL and Redis, and of the load
    generator."""

    elapsed_s: float
    server_s: float
    services_s: float
    client_s: float

    def since(self, before: "Usage") -> "Usage":
        return Usage(
            self.elapsed_s - before.elapsed_s,
            self.server_s - before.server_s,
            self.services_s - before.services_s,
            self.client_s - before.client_s,
        )


@dataclass(frozen=True, slots=True)
class Contestant:
    """A running server. With ``is_exact``, a wrong tally ends the bench; otherwise it is
    reported."""

    name: str
    port: int
    pid: int
    known: Known
    socket_kind: type[Socket]
    services: Services
    database_url: str
    # Selects the votes of each option of a poll, in order.
    count_sql: str
    is_exact: bool = False

    def usage(self) -> Usage:
        """Returns the usage so far."""
        return Usage(
            time.perf_counter(),
            cpu_seconds(self.pid),
            self.services.cpu_seconds(),
            time.process_time(),
        )

    def resident_bytes(self) -> int:
        return resident_bytes(self.pid)

    def count_votes(self, poll: PollHandle) -> list[int]:
        """Counts a poll's rows in the database, per option."""
        with psycopg.connect(self.database_url) as connection:
            rows = connection.execute(self.count_sql.encode(), [poll.id]).fetchall()
        return [int(count) for (count,) in rows]

    async def open_http(
        self, connections: int, headers: Mapping[str, str] = MappingProxyType({})
    ) -> list[HttpClient]:
        return [await open_http(self.port, headers) for _ in range(connections)]

    async def open_voters(self, tokens: Iterable[str]) -> list[Socket]:
        """Opens a socket for each person, without subscriptions."""
        return await self._open([(token, "") for token in tokens])

    async def open_watchers(
        self, poll: PollHandle, count: int, tokens: Iterable[str] = ()
    ) -> list[Socket]:
        """Opens ``count`` sockets that follow ``poll``; the first belong to ``tokens``."""
        owners: list[str | None] = [*tokens]
        owners += [None] * (count - len(owners))
        watchers = await self._open([(token, poll.id) for token in owners])
        await join_all(watchers)
        return watchers

    async def open_idle(self, poll: PollHandle, count: int) -> list[Socket]:
        """Opens ``count`` sockets for ``poll`` that have not joined yet."""
        return await self._open([(None, poll.id)] * count)

    async def _open(self, wanted: list[tuple[str | None, str]]) -> list[Socket]:
        return await open_sockets(self.socket_kind, self.port, wanted)


async def open_sockets(
    kind: type[Socket], port: int, wanted: Sequence[tuple[str | None, str]]
) -> list[Socket]:
    """Opens a socket for each token and poll, some at a time."""
    sockets: list[Socket] = []
    for start in range(0, len(wanted), SOCKETS_AT_ONCE):
        sockets += await asyncio.gather(
            *(
                open_socket(kind, port, token=token, poll_id=poll_id)
                for token, poll_id in wanted[start : start + SOCKETS_AT_ONCE]
            )
        )
    return sockets


async def join_all(watchers: Sequence[Socket]) -> None:
    """Joins each socket to its poll, some at a time."""
    for start in range(0, len(watchers), SOCKETS_AT_ONCE):
        some = watchers[start : start + SOCKETS_AT_ONCE]
        await asyncio.gather(*(watcher.join() for watcher in some))


def answers(port: int, path: str, processes: int) -> bool:
    """Whether the server responds. Asks several times per process, so that each is likely to be
    reached."""
    with contextlib.suppress(OSError):
        for _ in range(processes * 4):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2):
                pass
        return True
    return False


def close_all(clients: Iterable[HttpClient | Socket]) -> None:
    for client in clients:
        client.close()
