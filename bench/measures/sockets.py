"""Votes over 500 sockets, two processes: by people who only vote, and by people who also watch the
poll, as in a room."""

from dataclasses import replace

from bench.bench import Bench
from bench.checks import check_screens
from bench.contestants.base import Contestant, Setup, close_all
from bench.contestants.side_by_side import by_turns, running_side_by_side
from bench.figures import Findings, Goal, Row, median_of, rate, ratio_of
from bench.load import SocketVotes
from bench.voting import fast_socket_votes, warm_up

SOCKETS = 500
SECONDS = 4.0
# Everybody votes once per poll, in as many polls as the time allows.
POLLS_AT_MOST = 60
WHAT = f"votes over {SOCKETS} sockets"
BOUND = 12.0


async def run(bench: Bench) -> Findings:
    rounds = bench.repetitions

    async def vote(contestant: Contestant, number: int) -> Row:
        """Votes in closed loops, in empty polls."""
        polls = contestant.known.polls[rounds + number * POLLS_AT_MOST :][:POLLS_AT_MOST]
        sockets = await contestant.open_voters(contestant.known.tokens)
        votes, seconds = SocketVotes(sockets), bench.seconds(SECONDS)
        await fast_socket_votes("", contestant, polls[:2], votes, for_s=1.0)
        row = await fast_socket_votes(WHAT, contestant, polls[2:], votes, seconds)
        close_all(sockets)
        return row

    findings: Findings = []
    setup = Setup(voters=SOCKETS, polls=(0,) * (POLLS_AT_MOST + 1) * rounds)
    with running_side_by_side(bench.services, setup) as contestants:
        for contestant in contestants:
            await warm_up(contestant)
        for measure in (vote, _vote_and_watch):
            ours, theirs = await by_turns(contestants, rounds, measure)
            goal = Goal(f"{ours[0].what}: by the Node server", ratio_of(ours, theirs, rate), BOUND)
            findings += [median_of(ours), median_of(theirs), goal]
    return findings


async def _vote_and_watch(contestant: Contestant, number: int) -> Row:
    """Everybody votes once, for which the Node server writes a quarter of a million frames."""
    poll = contestant.known.polls[number]
    sockets = await contestant.open_watchers(poll, SOCKETS, contestant.known.tokens)
    votes = SocketVotes(sockets)
    what = f"{WHAT}, all watching"
    row = await fast_socket_votes(what, contestant, [poll], votes, for_s=60.0)
    end = await check_screens(contestant, poll, sockets)
    close_all(sockets)
    return replace(row, note="; ".join(filter(None, (row.note, end.note))))
