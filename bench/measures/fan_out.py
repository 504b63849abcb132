"""Fan-out: how many frames a second one core writes to a thousand sockets.

Somebody votes, all watchers are shown it, the next one votes. What is counted is the server's
time on the processor, the vote included; so it matters little what else the machine does.
"""

import asyncio
import time
from collections.abc import Iterator
from itertools import islice

from bench.bench import Bench
from bench.checks import check_screens
from bench.clients.speech import TutorialSocket
from bench.clients.websocket import Socket
from bench.contestants import Start
from bench.contestants.base import Contestant, Setup, close_all
from bench.contestants.floor import running_floor
from bench.contestants.node import running_node
from bench.contestants.tallyroom import running_tallyroom
from bench.contestants.tutorial import running_tutorial_daphne, running_tutorial_uvicorn
from bench.figures import Findings, Goal, Row, median_of, quantile
from bench.load import Ballot, RestVotes, SocketVotes, Vote, ballots
from bench.watching import Crowd

WATCHERS = 1_000
SECONDS = 3.0
WARM_UP_S = 1.0
# For each repetition, and to warm up.
VOTERS = 150
STARTS: dict[str, Start] = {
    "ours": running_tallyroom,
    "floor": running_floor,
    "node": running_node,
    "daphne": running_tutorial_daphne,
    "uvicorn": running_tutorial_uvicorn,
}


async def run(bench: Bench) -> Findings:
    rows = {name: await _measure(bench, start) for name, start in STARTS.items()}
    rate = {name: row.value for name, row in rows.items()}
    tutorial = max(rate["daphne"], rate["uvicorn"])
    what = "frames a second of one core"
    return [
        *rows.values(),
        Goal(f"{what}: by the floor", rate["ours"] / rate["floor"], 0.8),
        Goal(f"{what}: by yardstick 2's better", rate["ours"] / tutorial, 5.0),
        Goal(f"{what}: by yardstick 1", rate["ours"] / rate["node"], 1.0),
    ]


async def _measure(bench: Bench, start: Start) -> Row:
    setup = Setup(processes=1, voters=VOTERS * (bench.repetitions + 1), polls=(0,))
    with start(bench.services, setup) as contestant:
        [poll] = contestant.known.polls
        watchers = await contestant.open_watchers(poll, bench.size(WATCHERS))
        voters = await _open_voters(contestant)
        vote: Vote = SocketVotes(voters) if voters else RestVotes(await contestant.open_http(1))
        crowd = Crowd(watchers)
        lane = enumerate(ballots([poll], contestant.known.tokens), start=1)
        await _show(contestant, crowd, vote, islice(lane, VOTERS), WARM_UP_S)
        rows = [
            await _show(contestant, crowd, vote, islice(lane, VOTERS), bench.seconds(SECONDS))
            for _ in range(bench.repetitions)
        ]
        if contestant.count_sql:
            await check_screens(contestant, poll, watchers)
        close_all([*watchers, *voters])
    return median_of(rows)


async def _open_voters(contestant: Contestant) -> list[Socket]:
    """None with yardstick 2, where votes go over REST only."""
    if contestant.socket_kind is TutorialSocket:
        return []
    return await contestant.open_voters(contestant.known.tokens)


async def _show(
    contestant: Contestant,
    crowd: Crowd,
    vote: Vote,
    lane: Iterator[tuple[int, Ballot]],
    for_s: float,
) -> Row:
    frames_before, before = crowd.frames, contestant.usage()
    times_s: list[float] = []
    end_s = time.perf_counter() + for_s
    for total, ballot in lane:
        started_s = time.perf_counter()
        await crowd.see(total, asyncio.ensure_future(vote(ballot)))
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
