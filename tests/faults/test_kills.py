"""Processes are killed under load: they come back, and each acknowledged vote counts once."""

import asyncio
import signal

import pytest

from tests.faults.kinds_load import KindsLoad, assert_stored, create_polls, shown_by
from tests.faults.load import (
    AT_ONCE,
    Load,
    assert_acknowledged_is_counted,
    has_converged,
    ids_of,
)
from tests.processes import (
    PATIENCE_S,
    Cluster,
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

# Each starts a cluster of its own, which takes a while where others want the machine too.
pytestmark = [pytest.mark.services, pytest.mark.timeout(300)]

VOTERS = 300


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
        assert load.vote_log.unanswered
        await has_converged(cluster, poll, [watcher])
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
        assert len(load.vote_log.acknowledged) == VOTERS
        await asyncio.to_thread(cluster.redis.start)
        await has_converged(cluster, poll, watchers)
        await wait_for_layer_event(first, far)
    assert_acknowledged_is_counted(cluster, load, ids_of(tokens))


async def wait_for_layer_event(server: ServerProcess, watchers: list[Socket]) -> None:
    """Waits for an event that only the channel layer carries and nothing reads again.

    An event that is sent while the layer subscribes again is lost, so it is sent repeatedly.
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


async def test_a_hanging_redis_delays_no_vote_and_everybody_sees_them(cluster: Cluster) -> None:
    """A stopped server accepts connections and data but does not answer, so no call fails."""
    first, second = cluster.servers
    poll = await create_poll(first)
    tokens = await create_guests(first, VOTERS)
    load = Load(poll, tokens)
    async with (
        rest_client(first) as client,
        open_sockets(first, [None]) as near,
        open_sockets(second, [None]) as far,
    ):
        watchers = [*near, *far]
        for watcher in watchers:
            await watcher.join(poll)
        cluster.redis.hang()
        try:
            await asyncio.gather(*(load.run(client, {}) for _ in range(4)))
            assert len(load.vote_log.acknowledged) == VOTERS
            await has_converged(cluster, poll, watchers)
            # Failed logins are counted in Redis.
            login = {"email": "nobody@example.org", "password": "a wrong password"}
            assert (await client.post("/api/auth/login", json=login)).status_code == 401
            assert (await client.get("/health")).json()["checks"]["channelLayer"] == "failing"
            assert (await client.get("/health/ready")).status_code == 200
        finally:
            cluster.redis.hang(is_hanging=False)
        await wait_for_layer_event(first, far)
    assert_acknowledged_is_counted(cluster, load, ids_of(tokens))


async def test_every_kind_counts_acknowledged_ballots_once_while_a_process_is_killed(
    cluster: Cluster,
) -> None:
    doomed, other = cluster.servers
    polls = await create_polls(other)
    tokens = await create_guests(other, AT_ONCE)
    load = KindsLoad(polls)
    async with (
        rest_client(doomed) as first,
        rest_client(other) as second,
        open_sockets(other, [None]) as [watcher],
    ):
        for poll in polls:
            await watcher.join(poll.handle)
        work = [asyncio.create_task(load.vote(token, [first, second])) for token in tokens]
        await eventually(lambda: load.acknowledged > 100, "a hundred ballots")
        doomed.kill()
        load.is_killed = True
        doomed.start()
        await asyncio.gather(*work)
        assert load.unanswered
        results = [
            (await second.get(f"/api/polls/{poll.handle.id}/results")).json()["poll"]
            for poll in polls
        ]
        await eventually(
            lambda: [shown_by(watcher, poll) for poll in polls] == results,
            "the watcher sees the tallies in the database",
        )
    assert_stored(cluster, polls, ids_of(tokens))
