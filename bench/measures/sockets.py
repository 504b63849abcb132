"""Votes over 500 sockets, two processes: once of people who only vote, once of people who watch
the poll they vote in, as those in a room do."""

from collections.abc import Sequence
from dataclasses import replace

from bench.bench import Bench
from bench.checks import check_screens
from bench.contestants import Start
from bench.contestants.base import Contestant, PollHandle, Setup, close_all
from bench.contestants.node import running_node
from bench.contestants.tallyroom import running_tallyroom
from bench.figures import Findings, Goal, Row, median_of
from bench.load import SocketVotes
from bench.voting import fast_socket_votes

SOCKETS = 500
SECONDS = 4.0
# Everybody votes once in each of as many polls as the time allows.
POLLS_AT_MOST = 60
WHAT = f"votes over {SOCKETS} sockets"
BOUND = 12.0


async def run(bench: Bench) -> Findings:
    theirs = await _measure(bench, running_node)
    ours = await _measure(bench, running_tallyroom)
    findings: Findings = []
    for we, they in zip(ours, theirs, strict=True):
        findings += [we, they, Goal(f"{we.what}: by yardstick 1", we.value / they.value, BOUND)]
    return findings


async def _measure(bench: Bench, start: Start) -> list[Row]:
    repetitions = bench.repetitions
    setup = Setup(voters=SOCKETS, polls=(0,) * (POLLS_AT_MOST + 1) * repetitions)
    with start(bench.services, setup) as contestant:
        polls = contestant.known.polls
        watched, others = polls[:repetitions], polls[repetitions:]
        alone = [
            await _vote(bench, contestant, others[first : first + POLLS_AT_MOST])
            for first in range(0, len(others), POLLS_AT_MOST)
        ]
        watching = [await _vote_and_watch(bench, contestant, poll) for poll in watched]
    return [median_of(alone), median_of(watching)]


async def _vote(bench: Bench, contestant: Contestant, polls: Sequence[PollHandle]) -> Row:
    sockets = await contestant.open_voters(contestant.known.tokens)
    votes = SocketVotes(sockets)
    await fast_socket_votes("", contestant, polls[:2], votes, for_s=1.0)
    row = await fast_socket_votes(WHAT, contestant, polls[2:], votes, bench.seconds(SECONDS))
    close_all(sockets)
    return row


async def _vote_and_watch(bench: Bench, contestant: Contestant, poll: PollHandle) -> Row:
    """Everybody once: yardstick 1 writes a quarter of a million frames for that."""
    sockets = await contestant.open_watchers(poll, SOCKETS, contestant.known.tokens)
    votes = SocketVotes(sockets)
    what = f"{WHAT}, all watching"
    row = await fast_socket_votes(what, contestant, [poll], votes, for_s=60.0)
    end = await check_screens(contestant, poll, sockets)
    close_all(sockets)
    return replace(row, note="; ".join(filter(None, (row.note, end.note))))
