"""Load generators: a closed loop, which waits for responses, and an open loop, which does not."""

import asyncio
import itertools
import json
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bench.clients.http import HttpClient
from bench.clients.websocket import Socket
from bench.contestants.base import Contestant, PollHandle, Usage
from bench.errors import BenchError

# The resolution of uvloop's timers. A delay below it counts as the load generator's.
TIMER_S = 0.001


class Ballot(NamedTuple):
    """One person's vote."""

    token: str
    poll: PollHandle
    option_id: str


class Answered(NamedTuple):
    """An accepted vote. ``sent`` is the number of votes sent before the response."""

    due_s: float
    answered_s: float
    sent: int

    @property
    def took_s(self) -> float:
        return self.answered_s - self.due_s


@dataclass(frozen=True, slots=True)
class ClosedRun:
    """The result of a closed loop."""

    times_s: list[float]
    usage: Usage


Vote = Callable[[Ballot], Awaitable[bool]]


def ballots(polls: Iterable[PollHandle], tokens: Sequence[str]) -> Iterator[Ballot]:
    """Yields one vote per person and poll, one poll after the other."""
    numbers = itertools.count(hash(tokens[0]) % 4 if tokens else 0)
    for poll in polls:
        for token in tokens:
            yield Ballot(token, poll, poll.option_ids[next(numbers) % len(poll.option_ids)])


class RestVotes:
    """Sends votes over several connections; a vote waits for a free one.

    Connections take turns, so that none idles until the server closes it.
    """

    def __init__(self, clients: Iterable[HttpClient]) -> None:
        self._free: asyncio.Queue[HttpClient] = asyncio.Queue()
        for client in clients:
            self._free.put_nowait(client)

    async def __call__(self, ballot: Ballot) -> bool:
        client = await self._free.get()
        body = json.dumps({"pollOptionId": ballot.option_id}).encode()
        status = await client.post(f"/api/polls/{ballot.poll.id}/vote", body, ballot.token)
        self._free.put_nowait(client)
        return status == 201


class SocketVotes:
    """Sends each person's votes over their own socket."""

    def __init__(self, sockets: Iterable[Socket]) -> None:
        self._sockets = {socket.token or "": socket for socket in sockets}

    @property
    def tokens(self) -> list[str]:
        return list(self._sockets)

    async def __call__(self, ballot: Ballot) -> bool:
        return await self._sockets[ballot.token].vote(ballot.poll.id, ballot.option_id)


async def closed_loop(
    contestant: Contestant,
    vote: Vote,
    lanes: Iterable[Iterator[Ballot]],
    for_s: float,
    pause_s: float = 0.0,
) -> ClosedRun:
    """Each lane sends its next vote ``pause_s`` after its last response, until the time is up.

    Lanes may share an iterator.
    """
    times_s: list[float] = []
    before = contestant.usage()
    end_s = time.perf_counter() + for_s

    async def work(lane: Iterator[Ballot]) -> None:
        for ballot in lane:
            started_s = time.perf_counter()
            if started_s > end_s:
                break
            _check(contestant, await vote(ballot), ballot)
            times_s.append(time.perf_counter() - started_s)
            if pause_s:
                await asyncio.sleep(pause_s)

    await asyncio.gather(*(work(lane) for lane in lanes))
    return ClosedRun(times_s, contestant.usage().since(before))


async def open_loop(
    contestant: Contestant, vote: Vote, lane: Iterable[Ballot], per_second: float
) -> list[Answered]:
    """Sends votes at a steady rate, whether or not earlier ones got a response.

    Times count from when a vote was due, so that a stall shows in all votes it delayed.
    """
    answered: list[Answered] = []
    sent = 0

    async def send(ballot: Ballot, due_s: float) -> None:
        nonlocal sent
        sent += 1
        _check(contestant, await vote(ballot), ballot)
        answered.append(Answered(due_s, time.perf_counter(), sent))

    tasks: list[asyncio.Task[None]] = []
    begin_s = time.perf_counter() + TIMER_S
    for number, ballot in enumerate(lane):
        due_s = begin_s + number / per_second
        await asyncio.sleep(max(0.0, due_s - time.perf_counter()))
        due_s = max(due_s, min(time.perf_counter(), due_s + TIMER_S))
        tasks.append(asyncio.create_task(send(ballot, due_s)))
    await asyncio.gather(*tasks)
    return answered


def _check(contestant: Contestant, is_accepted: bool, ballot: Ballot) -> None:  # noqa: FBT001
    if not is_accepted:
        raise BenchError(f"{contestant.name} did not accept {ballot}.")
