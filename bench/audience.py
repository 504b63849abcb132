"""Watchers in a separate process.

Reading thousands of frames takes longer than a vote. In the process that votes, votes would wait
for the frames to be read, and that time would count as the server's.
"""

import asyncio
import multiprocessing
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import uvloop

from bench.checks import Convergence, converge, judge
from bench.clients.websocket import Socket
from bench.contestants.base import Contestant, PollHandle, close_all, join_all, open_sockets
from bench.processes import raise_file_limit
from bench.watching import Screen


@dataclass(frozen=True, slots=True)
class _Seating:
    """The process's parameters. Every ``timed``-th screen records when frames arrive."""

    kind: type[Socket]
    port: int
    poll_id: str
    count: int
    timed: int


@dataclass(frozen=True, slots=True)
class _Report:
    took_s: float
    wrong: int
    screens: list[Screen]
    cpu_s: float


class Audience:
    """The watchers of a poll; ``screens`` and ``cpu_s`` are set after ``converge``."""

    def __init__(self, contestant: Contestant, poll: PollHandle, count: int, line: Any) -> None:
        self._contestant = contestant
        self._poll = poll
        self._count = count
        self._line = line
        self.screens: list[Screen] = []
        self.cpu_s = 0.0

    async def converge(self) -> Convergence:
        """Waits until every watcher's last frame matches the database."""
        self._line.send(self._contestant.count_votes(self._poll))
        report: _Report = await asyncio.to_thread(self._line.recv)
        self.screens, self.cpu_s = report.screens, report.cpu_s
        return judge(self._contestant, self._count, report.took_s, report.wrong)


@asynccontextmanager
async def seated(
    contestant: Contestant, poll: PollHandle, count: int, *, timed: int
) -> AsyncIterator[Audience]:
    """Opens ``count`` watchers of ``poll`` for the duration of the block."""
    context = multiprocessing.get_context("spawn")
    line, their_end = context.Pipe()
    seating = _Seating(contestant.socket_kind, contestant.port, poll.id, count, timed)
    process = context.Process(target=_watch, args=(seating, their_end), daemon=True)
    process.start()
    their_end.close()
    try:
        await asyncio.to_thread(line.recv)
        yield Audience(contestant, poll, count, line)
    finally:
        line.close()
        await asyncio.to_thread(process.join)


def _watch(seating: _Seating, line: "Connection[Any, Any]") -> None:
    raise_file_limit()
    uvloop.run(_watch_and_report(seating, line))


async def _watch_and_report(seating: _Seating, line: "Connection[Any, Any]") -> None:
    wanted = [(None, seating.poll_id)] * seating.count
    watchers = await open_sockets(seating.kind, seating.port, wanted)
    await join_all(watchers)
    screens = [Screen(watcher) for watcher in watchers[:: seating.timed]]
    before_s = time.process_time()
    line.send("seated")
    try:
        expected = await asyncio.to_thread(line.recv)
        took_s, wrong = await converge(watchers, expected)
        line.send(_Report(took_s, wrong, screens, time.process_time() - before_s))
        await asyncio.to_thread(line.poll, None)
    except EOFError:
        pass  # the other process has finished
    close_all(watchers)
