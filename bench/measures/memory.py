"""Memory: the cost of an idle socket, with 5,000 in one process."""

import asyncio

from bench.bench import Bench
from bench.contestants import Start
from bench.contestants.base import Contestant, Setup, close_all, join_all
from bench.contestants.node import running_node
from bench.contestants.tallyroom import running_tallyroom
from bench.figures import Findings, Goal, Row

SOCKETS = 5_000
# Opened before the first measurement, so that one-time costs are excluded.
FIRST = 100
SETTLE_S = 2.0
BOUND_KIB = 30.0


async def run(bench: Bench) -> Findings:
    ours = await _measure(bench, running_tallyroom)
    theirs = await _measure(bench, running_node)
    goals = [Goal(row.what, row.value, BOUND_KIB, "KiB", is_most=True) for row in ours]
    findings: Findings = []
    for we, they, goal in zip(ours, theirs, goals, strict=True):
        findings += [we, they, goal]
    return findings


async def _measure(bench: Bench, start: Start) -> list[Row]:
    """Returns rows for sockets without a subscription, and for sockets that follow a poll."""
    count = bench.size(SOCKETS)
    with start(bench.services, Setup(processes=1, polls=(0,))) as contestant:
        [poll] = contestant.known.polls
        sockets = await contestant.open_watchers(poll, FIRST)
        empty = await _settled(contestant)
        idle = await contestant.open_idle(poll, count)
        connected = await _settled(contestant)
        await join_all(idle)
        following = await _settled(contestant)
        close_all([*sockets, *idle])
    return [
        _row(f"memory for each of {count:,} idle sockets", contestant, (connected - empty) / count),
        _row(
            f"memory for each of {count:,} sockets that follow a poll",
            contestant,
            (following - empty) / count,
        ),
    ]


async def _settled(contestant: Contestant) -> int:
    await asyncio.sleep(SETTLE_S)
    return contestant.resident_bytes()


def _row(what: str, contestant: Contestant, size_bytes: float) -> Row:
    return Row(what, contestant.name, size_bytes / 1024, "KiB")
