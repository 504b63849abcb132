"""A join wave: 2,000 sockets connect at the same time, join a poll and get its snapshot."""

import asyncio
import time

from bench.bench import Bench
from bench.clients.speech import open_socket
from bench.clients.websocket import Socket, vote_counts
from bench.contestants import Start
from bench.contestants.base import Contestant, Setup, close_all
from bench.contestants.node import running_node
from bench.contestants.tallyroom import running_tallyroom
from bench.errors import BenchError
from bench.figures import Findings, Goal, Row, median_of, row_of
from bench.voting import warm_up

SOCKETS = 2_000
# A room should not wait longer than this.
BOUND_S = 10.0


async def run(bench: Bench) -> Findings:
    ours = await _measure(bench, running_tallyroom)
    theirs = await _measure(bench, running_node)
    took_s = bench.size(SOCKETS) / ours.value
    return [
        ours,
        theirs,
        Goal("join wave: until the last has joined", took_s, BOUND_S, "s", is_most=True),
    ]


async def _measure(bench: Bench, start: Start) -> Row:
    with start(bench.services, Setup(voters=100, polls=(1_000,))) as contestant:
        await warm_up(contestant)
        count = bench.size(SOCKETS)
        return median_of([await _wave(contestant, count) for _ in range(bench.repetitions)])


async def _wave(contestant: Contestant, count: int) -> Row:
    [poll] = contestant.known.polls
    expected = contestant.count_votes(poll)
    sockets: list[Socket] = []
    times_s: list[float] = []
    refusals: list[OSError] = []

    async def join() -> None:
        started_s = time.perf_counter()
        try:
            kind = contestant.socket_kind
            socket = await open_socket(kind, contestant.port, poll_id=poll.id)
            sockets.append(socket)
            snapshot = await socket.join()
        except OSError as error:
            refusals.append(error)
            return
        times_s.append(time.perf_counter() - started_s)
        if vote_counts(snapshot) != expected:
            raise BenchError(f"{contestant.name} gave a wrong snapshot: {snapshot!r}")

    before = contestant.usage()
    await asyncio.gather(*(join() for _ in range(count)))
    usage = contestant.usage().since(before)
    close_all(sockets)
    note = f"{len(refusals)} refused, such as {refusals[0]!r}" if refusals else ""
    if note and contestant.is_exact:
        raise BenchError(f"{contestant.name}: {note}")
    what = f"a wave of {count:,} who join"
    return row_of(what, contestant.name, usage, times_s, "joins/s", note)
