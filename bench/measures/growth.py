"""Growth: votes and results with a thousand, a hundred thousand and a million votes in the poll.

The sizes take turns, and ratios are medians over the turns.
"""

import time
from collections.abc import Sequence

from bench.bench import Bench
from bench.contestants import Start
from bench.contestants.base import Contestant, PollHandle, Setup
from bench.contestants.node import running_node
from bench.contestants.tallyroom import running_tallyroom
from bench.figures import Findings, Goal, Row, median_of, p50, rate, ratio_of, row_of
from bench.voting import fast_rest_votes, warm_up

SIZES = (1_000, 100_000, 1_000_000)
SECONDS = 1.0
TURNS_PER_REPETITION = 3
# Per turn.
VOTERS = 2_000
RESULTS = 50
RESULTS_MOST_S = 2.0
FLAT = 0.8


async def run(bench: Bench) -> Findings:
    sizes = [bench.size(size) for size in SIZES]
    votes, results = await _measure(bench, running_tallyroom, sizes)
    findings: Findings = []
    for index, size in enumerate(sizes):
        # Each size separately: in the Node server, a million votes slow down small polls too.
        [their_votes], [their_results] = await _measure(bench, running_node, [size])
        findings += map(median_of, (votes[index], their_votes, results[index], their_results))
    rates = [ratio_of(larger, votes[0], rate) for larger in votes[1:]]
    latencies = [ratio_of(results[0], larger, p50) for larger in results[1:]]
    return [
        *findings,
        Goal("growth: votes/s in a large poll by that in the smallest", min(rates), FLAT),
        Goal("growth: results' p50 of the smallest by a large poll's", min(latencies), FLAT),
    ]


async def _measure(
    bench: Bench, start: Start, sizes: Sequence[int]
) -> tuple[list[list[Row]], list[list[Row]]]:
    """Returns the rows of votes and of results for each size, turn by turn."""
    votes: list[list[Row]] = [[] for _ in sizes]
    results: list[list[Row]] = [[] for _ in sizes]
    turns = TURNS_PER_REPETITION * bench.repetitions
    with start(bench.services, Setup(voters=turns * VOTERS, polls=tuple(sizes))) as contestant:
        await warm_up(contestant)
        for number in range(turns):
            for step in range(len(sizes)):
                # The first size in a turn is slower, so the order rotates.
                index = (number + step) % len(sizes)
                size, poll = sizes[index], contestant.known.polls[index]
                votes[index].append(await _vote(bench, contestant, poll, size, number))
                results[index].append(await _read_results(contestant, poll, size))
    return votes, results


async def _vote(
    bench: Bench, contestant: Contestant, poll: PollHandle, size: int, number: int
) -> Row:
    tokens = contestant.known.tokens[number * VOTERS :][:VOTERS]
    what = f"votes over REST, {size:,} in the poll"
    return await fast_rest_votes(what, contestant, poll, tokens, bench.seconds(SECONDS))


async def _read_results(contestant: Contestant, poll: PollHandle, size: int) -> Row:
    """Reads results one at a time, without other load."""
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
