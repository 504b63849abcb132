"""What is killed under load comes back, and what was acknowledged is counted once."""

import asyncio
import base64
import itertools
import json
import signal

import httpx
import pytest

from tests.processes import (
    PATIENCE_S,
    Cluster,
    Ledger,
    PollHandle,
    ServerProcess,
    Socket,
    counts_of,
    create_guests,
    create_poll,
    eventually,
    open_sockets,
    rest_client,
    vote_by_rest,
    vote_by_socket,
)

pytestmark = pytest.mark.services

VOTERS = 300
# Votes under way at a time: enough that some are always between the queue and the commit.
AT_ONCE = 20


class Load:
    """Voters who vote one after the other, by REST and by sockets, each once."""

    def __init__(self, poll: PollHandle, tokens: list[str]) -> None:
        self.poll = poll
        self.ledger = Ledger()
        self._votes = iter(zip(tokens, itertools.cycle(poll.option_ids), strict=False))

    async def run(self, client: httpx.AsyncClient, sockets: dict[str, Socket]) -> None:
        """Votes until there are no voters left; whose line breaks is not asked again."""
        for token, option_id in self._votes:
            if token in sockets:
                answer = vote_by_socket(sockets[token], self.poll, option_id)
            else:
                answer = vote_by_rest(client, token, self.poll, option_id)
            await self.ledger.note(token, option_id, answer)

    async def until(self, acknowledged: int) -> None:
        """Waits until so many votes are in."""
        await eventually(
            lambda: len(self.ledger.acknowledged) >= acknowledged, f"{acknowledged} votes"
        )


def stored_votes(cluster: Cluster, poll: PollHandle) -> dict[int, int]:
    """How many votes each option has, counted one by one."""
    rows = cluster.query(
        "SELECT o.position, count(v.id) FROM polls_option o"
        " LEFT JOIN votes_vote v ON v.option_id = o.id WHERE o.poll_id = %s GROUP BY o.position",
        poll.id,
    )
    return dict(rows)


def assert_acknowledged_is_counted(cluster: Cluster, load: Load, guests: dict[str, str]) -> None:
    """Each acknowledged vote is there once, and no tally needs repair."""
    rows = cluster.query(
        "SELECT user_id, option_id FROM votes_vote WHERE poll_id = %s", load.poll.id
    )
    stored = {str(user_id): str(option_id) for user_id, option_id in rows}
    assert len(stored) == len(rows)
    for token, option_id in load.ledger.acknowledged.items():
        assert stored[guests[token]] == option_id
    # What nobody got an answer to may or may not be counted; nothing else is.
    surplus = len(stored) - len(load.ledger.acknowledged)
    assert 0 <= surplus <= load.ledger.unanswered
    assert cluster.manage("verify_tallies").stdout == "All tallies are right.\n"


def ids_of(tokens: list[str]) -> dict[str, str]:
    """Whose token it is."""

    def user_id(token: str) -> str:
        claims = token.split(".")[1]
        return str(json.loads(base64.urlsafe_b64decode(claims + "=="))["sub"])

    return {token: user_id(token) for token in tokens}


async def test_a_killed_process_loses_no_acknowledged_vote(cluster: Cluster) -> None:
    doomed, other = cluster.servers
    poll = await create_poll(other)
    tokens = await create_guests(other, VOTERS)
    load = Load(poll, tokens)
    watcher: Socket
    async with (
        rest_client(doomed) as client,
        open_sockets(doomed, tokens[::2][:18]) as voters,
        open_sockets(other, [None]) as [watcher],
    ):
        await watcher.join(poll)
        sockets = dict(zip(tokens[::2][:18], voters, strict=True))
        work = [asyncio.create_task(load.run(client, sockets)) for _ in range(AT_ONCE)]
        await load.until(VOTERS // 5)
        doomed.kill()
        doomed.start()
        await asyncio.gather(*work)
        assert load.ledger.unanswered
        expected = stored_votes(cluster, poll)
        await eventually(
            lambda: counts_of(watcher.tally) == [expected[position] for position in range(3)],
            "the watcher of the other process shows the exact tally",
        )
        assert watcher.versions == sorted(watcher.versions)
    assert_acknowledged_is_counted(cluster, load, ids_of(tokens))


async def test_a_stopped_process_finishes_what_was_begun(cluster: Cluster) -> None:
    stopping, other = cluster.servers
    poll = await create_poll(other)
    tokens = await create_guests(other, VOTERS)
    load = Load(poll, tokens)
    async with (
        rest_client(stopping) as client,
        open_sockets(stopping, tokens[:18]) as voters,
        open_sockets(stopping, [None]) as [watcher],
    ):
        await watcher.join(poll)
        sockets = dict(zip(tokens[:18], voters, strict=True))
        work = [asyncio.create_task(load.run(client, sockets)) for _ in range(AT_ONCE)]
        await load.until(VOTERS // 5)
        stopping.signal(signal.SIGTERM)
        codes = [await socket.closed_with() for socket in (*voters, watcher)]
        await asyncio.gather(*work)
    assert await asyncio.to_thread(stopping.wait) in {0, -signal.SIGTERM}
    assert set(codes) == {4000}
    assert_acknowledged_is_counted(cluster, load, ids_of(tokens))


async def test_without_redis_votes_are_counted_and_with_it_everybody_sees_them(
    cluster: Cluster,
) -> None:
    first, second = cluster.servers
    poll = await create_poll(first)
    tokens = await create_guests(first, VOTERS)
    load = Load(poll, tokens)
    async with (
        rest_client(first) as client,
        open_sockets(first, [None] * 5) as near,
        open_sockets(second, [None] * 5) as far,
    ):
        watchers = [*near, *far]
        for watcher in watchers:
            await watcher.join(poll)
        work = [asyncio.create_task(load.run(client, {})) for _ in range(4)]
        await load.until(VOTERS // 2)
        cluster.redis.kill()
        await asyncio.gather(*work)
        assert len(load.ledger.acknowledged) == VOTERS
        await asyncio.to_thread(cluster.redis.start)
        expected = stored_votes(cluster, poll)
        await eventually(
            lambda: all(
                counts_of(watcher.tally) == [expected[position] for position in range(3)]
                for watcher in watchers
            ),
            "every watcher shows the exact tally",
        )
        await assert_news_travels_again(first, far)
        for watcher in watchers:
            assert watcher.is_open
            assert watcher.versions == sorted(watcher.versions)
    assert_acknowledged_is_counted(cluster, load, ids_of(tokens))


async def assert_news_travels_again(server: ServerProcess, watchers: list[Socket]) -> None:
    """What only the channel layer carries, with nothing that would find it again, arrives.

    What is sent in the second in which the layer subscribes again is lost, so it is said more
    than once.
    """

    def has_arrived() -> bool:
        return all(any(each["type"] == "new-poll" for each in one.frames) for one in watchers)

    async with asyncio.timeout(PATIENCE_S):
        while not has_arrived():
            await create_poll(server)


async def test_votes_go_on_while_redis_is_away_from_the_start(cluster: Cluster) -> None:
    cluster.redis.kill()
    server = cluster.servers[0]
    server.kill()
    server.start()
    poll = await create_poll(server)
    [token, other] = await create_guests(server, 2)
    async with rest_client(server) as client, open_sockets(server, [token]) as [socket]:
        await socket.join(poll)
        assert (await vote_by_socket(socket, poll, poll.option_ids[0])).is_acknowledged
        assert (await vote_by_rest(client, other, poll, poll.option_ids[1])).is_acknowledged
        await eventually(lambda: counts_of(socket.tally) == [1, 1, 0], "both votes are shown")
        assert (await client.get("/health")).json()["checks"]["channelLayer"] == "failing"
        assert (await client.get("/health")).status_code == 503
        assert (await client.get("/health/ready")).status_code == 200
    cluster.redis.start()
