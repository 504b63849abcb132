"""Votes over REST: 32 connections, two processes; an empty poll, one with 100,000 votes, and an
empty poll with the headers that a browser sends.

First in closed loops, in many short turns; then, for latency, at a steady rate of half the Node
server's capacity.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bench.bench import Bench
from bench.clients.http import BROWSER_HEADERS
from bench.contestants.base import Contestant, Setup
from bench.contestants.side_by_side import by_turns, running_side_by_side
from bench.figures import Findings, Goal, Row, median_of, rate, ratio_of
from bench.voting import fast_rest_votes, steady_rest_votes, warm_up

# The machine's speed changes every second, so short turns give better ratios.
SECONDS = 1.0
TURNS_PER_REPETITION = 3
STEADY_SECONDS = 3.0
# Voters per turn in the closed loops, and voters of the steady run after all turns.
FAST_VOTERS = 3_000
STEADY_VOTERS = 1_500


@dataclass(frozen=True, slots=True)
class Case:
    """A poll with this many votes. The database contains nothing else."""

    what: str
    votes: int
    bound: float
    headers: Mapping[str, str] = field(default_factory=dict)


CASES = (
    Case("votes over REST, empty poll", 0, 4.0),
    Case("votes over REST, 100,000 votes in it", 100_000, 9.0),
    Case("votes over REST, a browser's headers", 0, 4.0, BROWSER_HEADERS),
)


async def run(bench: Bench) -> Findings:
    findings: Findings = []
    for case in CASES:
        findings += await _measure(bench, case)
    return findings


async def _measure(bench: Bench, case: Case) -> Findings:
    turns, share = TURNS_PER_REPETITION * bench.repetitions, FAST_VOTERS + STEADY_VOTERS
    polls = (bench.size(case.votes),) if case.votes else (0,) * turns
    setup = Setup(voters=share * turns, polls=polls)

    async def vote_fast(contestant: Contestant, number: int) -> Row:
        poll = contestant.known.polls[number % len(polls)]
        tokens = contestant.known.tokens[number * share :][:FAST_VOTERS]
        seconds = bench.seconds(SECONDS)
        return await fast_rest_votes(case.what, contestant, poll, tokens, seconds, case.headers)

    with running_side_by_side(bench.services, setup) as contestants:
        for contestant in contestants:
            await warm_up(contestant)
        ours, theirs = await by_turns(contestants, turns, vote_fast)
        pace = median_of(theirs).value / 2

        async def vote_steadily(contestant: Contestant, number: int) -> Row:
            poll = contestant.known.polls[number % len(polls)]
            tokens = contestant.known.tokens[number * share :][FAST_VOTERS:share]
            tokens = tokens[: int(pace * bench.seconds(STEADY_SECONDS))]
            what = f"{case.what}, at a steady pace"
            return await steady_rest_votes(what, contestant, poll, tokens, pace, case.headers)

        steady = await by_turns(contestants, bench.repetitions, vote_steadily)
    ratio = ratio_of(ours, theirs, rate)
    goal = Goal(f"{case.what}: by the Node server", ratio, case.bound)
    return [median_of(ours), median_of(theirs), goal, *map(median_of, steady)]
