"""Removal: votes in another poll while a poll with a million votes is removed.

The poll's row is deleted as ``polls.removal`` does it; the processes then remove its votes. Votes
are sent at a steady rate before and meanwhile. Then one of the processes is killed with SIGKILL,
and the others have to finish.
"""

import asyncio
import os
import signal
import time
from pathlib import Path
from uuid import UUID

import psycopg

from bench.bench import Bench
from bench.contestants.base import Contestant, PollHandle, Setup
from bench.contestants.tallyroom import running_tallyroom
from bench.errors import BenchError
from bench.figures import Findings, Goal, Row, median_of, p99, ratio_of
from bench.voting import steady_rest_votes, warm_up

SIZE = 1_000_000
PACE = 200.0
SECONDS = 8.0
TURNS = 3
SLOWER_AT_MOST = 2.0
FINISHED_WITHIN_S = 1800.0

DELETE_SQL = """
    WITH removal AS (
        INSERT INTO polls_pollremoval (poll_id, deleted_at, vote_count) VALUES (%s, now(), %s)
    ) DELETE FROM polls_poll WHERE id = %s
"""


async def run(bench: Bench) -> Findings:
    size, each = bench.size(SIZE), round(PACE * bench.seconds(SECONDS))
    # The last poll gets the votes.
    setup = Setup(voters=2 * TURNS * each, polls=(size, 0))
    with running_tallyroom(bench.services, setup) as contestant:
        await warm_up(contestant)
        calm = await _vote(contestant, each, 0, "votes/s at a steady rate, calm")
        deleted_s = _delete(contestant, contestant.known.polls[0], size)
        began_s = time.monotonic()
        busy = await _vote(contestant, each, TURNS, "the same while a poll is removed")
        left = _left(contestant)
        if not left:
            raise BenchError("The removal ended before it was measured.")
        _kill_a_process(contestant.pid)
        while _left(contestant):
            if time.monotonic() - began_s > FINISHED_WITHIN_S:
                raise BenchError("The removal did not finish.")
            await asyncio.sleep(0.5)
        took_s = time.monotonic() - began_s
        kept = sum(contestant.count_votes(contestant.known.polls[1]))
    if kept != setup.voters:
        raise BenchError(f"{kept} of {setup.voters} votes in the other poll are left.")
    slower = ratio_of([median_of(busy)], [median_of(calm)], p99)
    rate = Row("votes removed", "Tallyroom", size / took_s, "votes/s", note=f"{left:,} at SIGKILL")
    return [
        median_of(calm),
        median_of(busy),
        rate,
        Goal("removal: p99 of votes meanwhile by calm", slower, SLOWER_AT_MOST, is_most=True),
        Goal("removal: deleting the poll itself", 1000 * deleted_s, 100.0, "ms", is_most=True),
    ]


async def _vote(contestant: Contestant, each: int, turn: int, what: str) -> list[Row]:
    """Everybody votes once, in TURNS parts, beginning with this one."""
    rows = []
    for number in range(turn, turn + TURNS):
        tokens = contestant.known.tokens[number * each :][:each]
        poll = contestant.known.polls[1]
        rows.append(await steady_rest_votes(what, contestant, poll, tokens, PACE))
    return rows


def _delete(contestant: Contestant, poll: PollHandle, size: int) -> float:
    """Deletes a poll; returns the seconds it took."""
    began_s = time.perf_counter()
    with psycopg.connect(contestant.database_url) as connection:
        connection.execute(DELETE_SQL, [UUID(poll.id), size, UUID(poll.id)])
    return time.perf_counter() - began_s


def _left(contestant: Contestant) -> int:
    """Returns how many votes are still to be removed; 0 at the end only."""
    with psycopg.connect(contestant.database_url) as connection:
        row = connection.execute(
            "SELECT greatest(1, vote_count - removed_count) FROM polls_pollremoval"
            " WHERE finished_at IS NULL"
        ).fetchone()
    return 0 if row is None else int(row[0])


def _kill_a_process(parent: int) -> None:
    """Kills the first child of the server with SIGKILL."""
    [first, *_] = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    os.kill(int(first), signal.SIGKILL)
