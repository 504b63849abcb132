"""Vote runs that several measures share; each returns a row, and checks the tally."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from bench.checks import VoteCheck
from bench.contestants.base import Contestant, PollHandle, close_all
from bench.figures import Row, row_of
from bench.load import (
    Answered,
    RestVotes,
    SocketVotes,
    ballots,
    closed_loop,
    open_loop,
)

CONNECTIONS = 32
WARM_UP_S = 1.5
WARM_UP_VOTERS = 3_000


async def warm_up(contestant: Contestant) -> None:
    """Fills pools and caches, and lets JIT compilers run, before anything is measured."""
    poll, tokens = contestant.known.spare_poll, contestant.known.tokens[:WARM_UP_VOTERS]
    await fast_rest_votes("", contestant, poll, tokens, WARM_UP_S)


async def fast_rest_votes(
    what: str,
    contestant: Contestant,
    poll: PollHandle,
    tokens: Sequence[str],
    for_s: float,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> Row:
    """Votes in a closed loop over ``CONNECTIONS`` connections."""
    clients = await contestant.open_http(CONNECTIONS, headers)
    check = VoteCheck(contestant, [poll])
    lane = ballots([poll], tokens)
    run = await closed_loop(contestant, RestVotes(clients), [lane] * CONNECTIONS, for_s)
    close_all(clients)
    note = check.compare(len(run.times_s))
    return row_of(what, contestant.name, run.usage, run.times_s, "votes/s", note)


async def steady_rest_votes(
    what: str,
    contestant: Contestant,
    poll: PollHandle,
    tokens: Sequence[str],
    pace: float,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> Row:
    """Votes at a steady rate of ``pace`` per second, until each person has voted."""
    before = contestant.usage()
    answered, note = await steady_rest_answers(contestant, poll, tokens, pace, headers)
    usage = contestant.usage().since(before)
    times_s = [each.took_s for each in answered]
    return row_of(what, contestant.name, usage, times_s, "votes/s", note)


async def steady_rest_answers(
    contestant: Contestant,
    poll: PollHandle,
    tokens: Sequence[str],
    pace: float,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> tuple[list[Answered], str]:
    """Like ``steady_rest_votes``, but returns each vote, and a note about a wrong tally."""
    clients = await contestant.open_http(CONNECTIONS, headers)
    check = VoteCheck(contestant, [poll])
    answered = await open_loop(contestant, RestVotes(clients), ballots([poll], tokens), pace)
    close_all(clients)
    return answered, check.compare(len(answered))


async def fast_socket_votes(
    what: str,
    contestant: Contestant,
    polls: Sequence[PollHandle],
    votes: SocketVotes,
    for_s: float,
) -> Row:
    """Votes in a closed loop on each socket, in one poll after the other."""
    check = VoteCheck(contestant, polls)
    lanes = [ballots(polls, [token]) for token in votes.tokens]
    run = await closed_loop(contestant, votes, lanes, for_s)
    note = check.compare(len(run.times_s))
    return row_of(what, contestant.name, run.usage, run.times_s, "votes/s", note)
