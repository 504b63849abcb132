"""Checks that acknowledged votes are counted, and that counted votes are shown.

An error by Tallyroom ends the bench. Errors by the other servers are reported.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bench.clients.websocket import Socket, vote_counts
from bench.contestants.base import Contestant, PollHandle
from bench.errors import BenchError

CONVERGES_WITHIN_S = 5.0
LOOK_EVERY_S = 0.01


class VoteCheck:
    """Compares the votes counted in these polls with the votes acknowledged since."""

    def __init__(self, contestant: Contestant, polls: Sequence[PollHandle]) -> None:
        self._contestant = contestant
        self._polls = polls
        self._before = self._count()

    def compare(self, acknowledged: int) -> str:
        """Returns a note about the difference, or an empty string."""
        counted = self._count() - self._before
        if counted == acknowledged:
            return ""
        return _complain(self._contestant, f"{acknowledged} acknowledged, {counted} counted")

    def _count(self) -> int:
        return sum(sum(self._contestant.count_votes(poll)) for poll in self._polls)


@dataclass(frozen=True, slots=True)
class Convergence:
    """The time until all watchers matched the database; ``note`` reports it if they did not."""

    took_s: float
    note: str


async def check_screens(
    contestant: Contestant, poll: PollHandle, watchers: Sequence[Socket]
) -> Convergence:
    """Waits until every watcher's last frame matches the database."""
    took_s, wrong = await converge(watchers, contestant.count_votes(poll))
    return judge(contestant, len(watchers), took_s, wrong)


async def converge(watchers: Sequence[Socket], expected: list[int]) -> tuple[float, int]:
    """Waits until all show ``expected``; returns the time it took and how many do not."""
    started_s = time.perf_counter()
    while wrong := sum(vote_counts(watcher.last_update) != expected for watcher in watchers):
        if time.perf_counter() - started_s > CONVERGES_WITHIN_S:
            break
        await asyncio.sleep(LOOK_EVERY_S)
    return time.perf_counter() - started_s, wrong


def judge(contestant: Contestant, count: int, took_s: float, wrong: int) -> Convergence:
    """Returns the result for ``wrong`` of ``count`` watchers.

    :raises BenchError: if the contestant must be exact and is not.
    """
    if not wrong:
        return Convergence(took_s, "")
    text = f"{wrong} of {count} watchers end on another tally"
    return Convergence(took_s, _complain(contestant, text))


def _complain(contestant: Contestant, text: str) -> str:
    if contestant.is_exact:
        raise BenchError(f"{contestant.name} is wrong: {text}")
    return text
