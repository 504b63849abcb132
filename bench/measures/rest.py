"""Votes over REST: 32 connections, two processes; an empty poll, and one with 100,000 votes.

As fast as can be, and then, to see what a vote takes, at a steady pace: for both contestants half
of what yardstick 1 can bear.
"""

from dataclasses import dataclass

from bench.bench import Bench
from bench.contestants import Start
from bench.contestants.base import Setup
from bench.contestants.node import running_node
from bench.contestants.tallyroom import running_tallyroom
from bench.figures import Findings, Goal, Row, median_of
from bench.voting import fast_rest_votes, steady_rest_votes, warm_up

SECONDS = 3.0
STEADY_SECONDS = 3.0
# For each repetition: so many vote as fast as they can, and after them others steadily.
FAST_VOTERS = 9_000
STEADY_VOTERS = 1_500


@dataclass(frozen=True, slots=True)
class Case:
    """A poll with so many votes in it. Nothing else is in the database."""

    what: str
    votes: int
    bound: float


CASES = (
    Case("votes over REST, empty poll", 0, 4.0),
    Case("votes over REST, 100,000 votes in it", 100_000, 9.0),
)


async def run(bench: Bench) -> Findings:
    findings: Findings = []
    for case in CASES:
        their_fast, their_steady = await _measure(bench, running_node, case, pace=None)
        pace = their_steady.value
        our_fast, our_steady = await _measure(bench, running_tallyroom, case, pace)
        ratio = our_fast.value / their_fast.value
        findings += [our_fast, their_fast, Goal(f"{case.what}: by yardstick 1", ratio, case.bound)]
        findings += [our_steady, their_steady]
    return findings


async def _measure(bench: Bench, start: Start, case: Case, pace: float | None) -> tuple[Row, Row]:
    """As fast as can be, and at ``pace``, or at half of what the first came to."""
    share = FAST_VOTERS + STEADY_VOTERS
    polls = (bench.size(case.votes),) if case.votes else (0,) * bench.repetitions
    setup = Setup(voters=share * bench.repetitions, polls=polls)
    fast, steady = [], []
    with start(bench.services, setup) as contestant:
        await warm_up(contestant)
        for number in range(bench.repetitions):
            poll = contestant.known.polls[number % len(polls)]
            tokens = contestant.known.tokens[number * share :][:share]
            fast.append(
                await fast_rest_votes(
                    case.what, contestant, poll, tokens[:FAST_VOTERS], bench.seconds(SECONDS)
                )
            )
            steady_pace = pace or fast[0].value / 2
            count = int(steady_pace * bench.seconds(STEADY_SECONDS))
            steady.append(
                await steady_rest_votes(
                    f"{case.what}, at a steady pace",
                    contestant,
                    poll,
                    tokens[FAST_VOTERS:][:count],
                    steady_pace,
                )
            )
    return median_of(fast), median_of(steady)
