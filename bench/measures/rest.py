"""Votes over REST: 32 connections, two processes; an empty poll, and one with 100,000 votes."""

from collections.abc import Sequence

from bench.bench import Bench
from bench.contestants import Start
from bench.contestants.base import Contestant, PollHandle, Setup
from bench.contestants.node import running_node
from bench.contestants.tallyroom import running_tallyroom
from bench.figures import Findings, Goal, Row, median_of
from bench.voting import fast_rest_votes, steady_rest_votes, warm_up

SECONDS = 4.0
STEADY_SECONDS = 3.0
# Each repetition has a poll of its own, in which so many people vote as fast as they can, and
# after them others at a steady pace.
FAST_VOTERS = 12_000
STEADY_VOTERS = 3_000
FULL = 100_000
WHAT = ("votes over REST, empty poll", "votes over REST, 100,000 votes in it")
BOUNDS = (4.0, 9.0)


async def run(bench: Bench) -> Findings:
    yardstick = await _measure(bench, running_node, [])
    # Half of what yardstick 1 can bear, for both.
    paces = [fast.value / 2 for fast, _ in yardstick]
    ours = await _measure(bench, running_tallyroom, paces)
    findings: Findings = []
    for what, bound, we, they in zip(WHAT, BOUNDS, ours, yardstick, strict=True):
        findings += [we[0], they[0], we[1], they[1]]
        findings.append(Goal(f"{what}: by yardstick 1", we[0].value / they[0].value, bound))
    return findings


async def _measure(bench: Bench, start: Start, paces: list[float]) -> list[tuple[Row, Row]]:
    """As fast as can be and at a steady pace, with each of both kinds of polls."""
    count = bench.repetitions
    polls = (0,) * count + (bench.size(FULL),) * count
    setup = Setup(voters=FAST_VOTERS + STEADY_VOTERS, polls=polls)
    rows = []
    with start(bench.services, setup) as contestant:
        await warm_up(contestant)
        halves = (contestant.known.polls[:count], contestant.known.polls[count:])
        for number, (what, chosen) in enumerate(zip(WHAT, halves, strict=True)):
            fast = await _fast(bench, what, contestant, chosen)
            pace = paces[number] if paces else fast.value / 2
            rows.append((fast, await _steady(bench, what, contestant, chosen, pace)))
    return rows


async def _fast(
    bench: Bench, what: str, contestant: Contestant, polls: Sequence[PollHandle]
) -> Row:
    tokens, for_s = contestant.known.tokens[:FAST_VOTERS], bench.seconds(SECONDS)
    return median_of(
        [await fast_rest_votes(what, contestant, poll, tokens, for_s) for poll in polls]
    )


async def _steady(
    bench: Bench, what: str, contestant: Contestant, polls: Sequence[PollHandle], pace: float
) -> Row:
    count = int(pace * bench.seconds(STEADY_SECONDS))
    tokens = contestant.known.tokens[FAST_VOTERS:][:count]
    what += ", at a steady pace"
    return median_of(
        [await steady_rest_votes(what, contestant, poll, tokens, pace) for poll in polls]
    )
