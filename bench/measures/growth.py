"""Growth: votes and results with a thousand, a hundred thousand, a million votes in the poll."""

import time
from collections.abc import Sequence

from bench.bench import Bench
from bench.contestants import Start
from bench.contestants.base import Contestant, PollHandle, Setup
from bench.contestants.node import running_node
from bench.contestants.tallyroom import running_tallyroom
from bench.figures import Findings, Goal, Row, median_of, row_of
from bench.voting import fast_rest_votes, warm_up

SIZES = (1_000, 100_000, 1_000_000)
SECONDS = 3.0
VOTERS = 9_000
RESULTS = 100
RESULTS_MOST_S = 5.0
FLAT = 0.8


async def run(bench: Bench) -> Findings:
    sizes = [bench.size(size) for size in SIZES]
    ours = await _measure(bench, running_tallyroom, sizes)
    # One by one: with a million votes in the table, it is slow for a poll of a thousand too.
    theirs = [await _measure(bench, running_node, [size]) for size in sizes]
    # All the votes, then all the results, as ours.
    their_rows = [rows[kind] for kind in (0, 1) for rows in theirs]
    votes, results = ([row for row in ours if row.unit == unit] for unit in ("votes/s", "reads/s"))
    rates = [row.value for row in votes]
    latencies = [row.p50_ms for row in results if row.p50_ms is not None]
    return [
        *(row for pair in zip(ours, their_rows, strict=True) for row in pair),
        Goal("growth: the slowest rate of votes by the fastest", min(rates) / max(rates), FLAT),
        Goal("growth: the fastest results by the slowest", min(latencies) / max(latencies), FLAT),
    ]


async def _measure(bench: Bench, start: Start, sizes: Sequence[int]) -> list[Row]:
    """Votes for each size, then results for each size."""
    votes: dict[int, list[Row]] = {size: [] for size in sizes}
    results: dict[int, list[Row]] = {size: [] for size in sizes}
    with start(bench.services, Setup(voters=VOTERS, polls=tuple(sizes))) as contestant:
        await warm_up(contestant)
        for number in range(bench.repetitions):
            # The sizes take turns, so that what else happens on the machine hits all of them.
            for size, poll in zip(sizes, contestant.known.polls, strict=True):
                votes[size].append(await _vote(bench, contestant, poll, size, number))
                results[size].append(await _read_results(contestant, poll, size))
    return [median_of(rows) for rows in (*votes.values(), *results.values())]


async def _vote(
    bench: Bench, contestant: Contestant, poll: PollHandle, size: int, number: int
) -> Row:
    share = VOTERS // bench.repetitions
    tokens = contestant.known.tokens[number * share :][:share]
    what = f"votes over REST, {size:,} in the poll"
    return await fast_rest_votes(what, contestant, poll, tokens, bench.seconds(SECONDS))


async def _read_results(contestant: Contestant, poll: PollHandle, size: int) -> Row:
    """One after another, nothing else going on."""
    [client] = await contestant.open_http(1)
    times_s: list[float] = []
    before = contestant.usage()
    end_s = time.perf_counter() + RESULTS_MOST_S
    while len(times_s) < RESULTS and time.perf_counter() < end_s:
        started_s = time.perf_counter()
        status = await client.get(f"/api/polls/{poll.id}/results")
        assert status == 200, status
        times_s.append(time.perf_counter() - started_s)
    usage = contestant.usage().since(before)
    client.close()
    what = f"results alone, {size:,} votes in the poll"
    return row_of(what, contestant.name, usage, times_s, "reads/s")
