"""Fan-out: how many frames per second one core writes to a thousand sockets.

One person votes, all watchers see it, then the next person votes. The measure is the server's CPU
time, votes included, so other load on the machine matters little.

The floor writes frames and takes no votes. To compare with it, the CPU time of the same votes in a
poll without watchers is also subtracted.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from bench.bench import Bench
from bench.checks import check_screens
from bench.clients.speech import TutorialSocket
from bench.clients.websocket import Socket
from bench.contestants import Start
from bench.contestants.base import Contestant, Setup, close_all
from bench.contestants.floor import running_floor
from bench.contestants.node import running_node
from bench.contestants.side_by_side import by_turns, running_side_by_side
from bench.contestants.tallyroom import running_tallyroom
from bench.contestants.tutorial import running_tutorial_daphne, running_tutorial_uvicorn
from bench.figures import Findings, Goal, Row, median_of, quantile, rate, ratio_of
from bench.load import RestVotes, SocketVotes, Vote, ballots, closed_loop
from bench.watching import Crowd

WATCHERS = 1_000
SECONDS = 3.0
WARM_UP_S = 1.0
# Per repetition, and for the warm-up.
VOTERS = 150
# How many of them vote in the poll without watchers.
UNSEEN_VOTES = 30
WHAT = "frames a second of one core"


async def run(bench: Bench) -> Findings:
    alone: list[Row] = []
    ours, floor, theirs = await _measure(
        bench, (running_tallyroom, running_floor, running_node), alone
    )
    # These two share a database name, so they run separately; they are far behind anyway.
    [daphne] = await _measure(bench, (running_tutorial_daphne,))
    [uvicorn] = await _measure(bench, (running_tutorial_uvicorn,))
    rows = [median_of(each) for each in (ours, floor, theirs, daphne, uvicorn)]
    tutorial = max(rows[3].value, rows[4].value)
    return [
        *rows,
        median_of(alone),
        Goal(f"{WHAT}: by the floor", ratio_of(ours, floor, rate), 0.8),
        Goal(f"{WHAT}, without the votes: by the floor", ratio_of(alone, floor, rate), 0.8),
        Goal(f"{WHAT}: by the better Channels tutorial server", rows[0].value / tutorial, 5.0),
        Goal(f"{WHAT}, relative to the Node server", ratio_of(ours, theirs, rate), 1.0),
    ]


async def _measure(
    bench: Bench, starts: Sequence[Start], alone: list[Row] | None = None
) -> list[list[Row]]:
    """Adds the first contestant's rows without the cost of votes to ``alone``."""
    setup = Setup(processes=1, voters=VOTERS * (bench.repetitions + 1), polls=(0, 0))
    with running_side_by_side(bench.services, setup, starts) as contestants:
        rooms = {
            contestant.name: await Room.open(contestant, bench.size(WATCHERS))
            for contestant in contestants
        }
        for room in rooms.values():
            await room.show(WARM_UP_S)

        async def show(contestant: Contestant, _: int) -> Row:
            room = rooms[contestant.name]
            row = await room.show(bench.seconds(SECONDS))
            if alone is not None and contestant is contestants[0]:
                alone.append(await room.take_votes_off(row))
            return row

        rows = await by_turns(contestants, bench.repetitions, show)
        for room in rooms.values():
            await room.close()
    return rows


class Room:
    """A poll of one contestant with its voters and watchers, and a second poll without watchers."""

    def __init__(
        self, contestant: Contestant, watchers: list[Socket], voters: list[Socket], vote: Vote
    ) -> None:
        self._contestant = contestant
        self._watchers = watchers
        self._voters = voters
        self._vote = vote
        self._crowd = Crowd(watchers)
        known = contestant.known
        # The floor has only one.
        watched, *unseen = known.polls
        self._lane = enumerate(ballots([watched], known.tokens), start=1)
        self._unseen = ballots(unseen, known.tokens)

    @classmethod
    async def open(cls, contestant: Contestant, size: int) -> "Room":
        watchers = await contestant.open_watchers(contestant.known.polls[0], size)
        if contestant.socket_kind is TutorialSocket:
            # The tutorial's votes go over REST.
            return cls(contestant, watchers, [], RestVotes(await contestant.open_http(1)))
        voters = await contestant.open_voters(contestant.known.tokens)
        return cls(contestant, watchers, voters, SocketVotes(voters))

    async def close(self) -> None:
        if self._contestant.count_sql:
            await check_screens(self._contestant, self._contestant.known.polls[0], self._watchers)
        close_all([*self._watchers, *self._voters])

    async def show(self, for_s: float) -> Row:
        """Votes one at a time, each after all watchers have seen the previous one."""
        contestant, crowd = self._contestant, self._crowd
        frames_before, before = crowd.frames, contestant.usage()
        times_s: list[float] = []
        end_s = time.perf_counter() + for_s
        for total, ballot in islice(self._lane, VOTERS):
            started_s = time.perf_counter()
            await crowd.see(total, asyncio.ensure_future(self._vote(ballot)))
            times_s.append(time.perf_counter() - started_s)
            if time.perf_counter() > end_s:
                break
        usage, frames = contestant.usage().since(before), crowd.frames - frames_before
        ordered = sorted(times_s)
        return Row(
            f"frames to {crowd.size:,} sockets, for each second of one core",
            contestant.name,
            frames / usage.server_s,
            "frames/s",
            p50_ms=quantile(ordered, 0.5) * 1000,
            p99_ms=quantile(ordered, 0.99) * 1000,
            server_cpu_ms=usage.server_s / frames * 1000,
            services_cpu_ms=usage.services_s / frames * 1000,
            client_cpu_ms=usage.client_s / frames * 1000,
            cpu_s=usage.server_s,
        )

    async def take_votes_off(self, row: Row) -> Row:
        """Returns ``row`` without the CPU time of its votes."""
        assert row.p50_ms is not None
        assert row.server_cpu_ms is not None
        lane = islice(self._unseen, UNSEEN_VOTES)
        pause_s = row.p50_ms / 1000
        run = await closed_loop(self._contestant, self._vote, [lane], UNSEEN_VOTES, pause_s)
        vote_ms = run.usage.server_s * 1000 / len(run.times_s)
        frame_ms = row.server_cpu_ms - vote_ms / self._crowd.size
        return replace(
            row,
            what=f"{row.what}, without the votes",
            value=1000 / frame_ms,
            server_cpu_ms=frame_ms,
            services_cpu_ms=None,
            client_cpu_ms=None,
            cpu_s=None,
            note=f"a vote takes {vote_ms:.1f} ms",
        )
