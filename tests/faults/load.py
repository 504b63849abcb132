"""Votes under way while something breaks, and what has to be true of them in the end."""

import asyncio
import base64
import itertools
import json
from collections.abc import Sequence

import httpx

from tests.processes import (
    Cluster,
    PollHandle,
    Socket,
    VoteLog,
    VoteResult,
    counts_of,
    eventually,
    vote_by_rest,
    vote_by_socket,
)

# Votes under way at a time: enough that some are always between the queue and the commit.
AT_ONCE = 20


class Load:
    """Voters who vote once each, over REST and sockets."""

    def __init__(self, poll: PollHandle, tokens: list[str]) -> None:
        self.poll = poll
        self.vote_log = VoteLog()
        self._votes = iter(zip(tokens, itertools.cycle(poll.option_ids), strict=False))

    async def run(self, client: httpx.AsyncClient, sockets: dict[str, Socket]) -> None:
        """Votes until no voters are left; a vote whose connection breaks is not repeated."""
        for token, option_id in self._votes:
            if token in sockets:
                response = vote_by_socket(sockets[token], self.poll, option_id)
            else:
                response = vote_by_rest(client, token, self.poll, option_id)
            await self.vote_log.record(token, option_id, response)

    async def until(self, acknowledged: int) -> None:
        """Waits until ``acknowledged`` votes are acknowledged."""
        await eventually(
            lambda: len(self.vote_log.acknowledged) >= acknowledged, f"{acknowledged} votes"
        )


class InsistentLoad(Load):
    """Voters who repeat their vote with the same key until it is acknowledged."""

    async def run(self, client: httpx.AsyncClient, sockets: dict[str, Socket]) -> None:
        for token, option_id in self._votes:
            while token not in self.vote_log.acknowledged:
                response = self._ask(client, sockets.get(token), token, option_id)
                await self.vote_log.record(token, option_id, response)
                if token not in self.vote_log.acknowledged:
                    await asyncio.sleep(0.2)

    async def _ask(
        self, client: httpx.AsyncClient, socket: Socket | None, token: str, option_id: str
    ) -> VoteResult:
        if socket is not None:
            return await vote_by_socket(socket, self.poll, option_id, key="k")
        return await vote_by_rest(client, token, self.poll, option_id, key="k")


def stored_votes(cluster: Cluster, poll: PollHandle) -> dict[int, int]:
    """The number of votes per option, counted by rows."""
    rows = cluster.query(
        "SELECT o.position, count(v.id) FROM polls_option o"
        " LEFT JOIN votes_vote v ON v.option_id = o.id WHERE o.poll_id = %s GROUP BY o.position",
        poll.id,
    )
    return dict(rows)


def assert_acknowledged_is_counted(cluster: Cluster, load: Load, guests: dict[str, str]) -> None:
    """Asserts that each acknowledged vote is counted once and all tallies are right."""
    rows = cluster.query(
        "SELECT user_id, option_id FROM votes_vote WHERE poll_id = %s", load.poll.id
    )
    stored = {str(user_id): str(option_id) for user_id, option_id in rows}
    assert len(stored) == len(rows)
    for token, option_id in load.vote_log.acknowledged.items():
        assert stored[guests[token]] == option_id
    # Votes without a response may or may not be counted; no others are.
    surplus = len(stored) - len(load.vote_log.acknowledged)
    assert 0 <= surplus <= load.vote_log.unanswered
    assert cluster.manage("verify_tallies").stdout == "All tallies are right.\n"


def ids_of(tokens: list[str]) -> dict[str, str]:
    """Returns the user id in the token."""

    def user_id(token: str) -> str:
        claims = token.split(".")[1]
        return str(json.loads(base64.urlsafe_b64decode(claims + "=="))["sub"])

    return {token: user_id(token) for token in tokens}


async def has_converged(cluster: Cluster, poll: PollHandle, watchers: Sequence[Socket]) -> None:
    """Waits until all clients show the tally in the database; none may disconnect or go back."""
    expected = stored_votes(cluster, poll)
    await eventually(
        lambda: all(
            counts_of(watcher.tally) == [expected[position] for position in sorted(expected)]
            for watcher in watchers
        ),
        "every watcher shows the exact tally",
    )
    for watcher in watchers:
        assert watcher.is_open
        assert watcher.versions == sorted(watcher.versions)
