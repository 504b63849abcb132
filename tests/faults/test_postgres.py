"""PostgreSQL stops under load, or disconnects during a commit: no vote is lost or doubled."""

import asyncio
import time
from collections.abc import Iterator

import httpx
import psycopg
import pytest

from tests.faults.load import (
    AT_ONCE,
    InsistentLoad,
    assert_acknowledged_is_counted,
    has_converged,
    ids_of,
)
from tests.faults.members import Member
from tests.faults.room_load import (
    Writers,
    assert_acknowledged_once,
    create_open_room,
    following,
    have_converged,
    until_acknowledged,
    write_all,
)
from tests.processes import (
    PATIENCE_S,
    Cluster,
    PollHandle,
    ServerProcess,
    create_guests,
    create_poll,
    eventually,
    open_sockets,
    rest_client,
    vote_by_rest,
)
from tools.services import PostgresServer

pytestmark = [pytest.mark.services, pytest.mark.timeout(300)]

VOTERS = 200
# Far below the 5 s after which the pool gives up, or the 30 s after which a vote does.
AT_ONCE_S = 3.0
# The connection of a vote writer is the one that raises versions.
BREAK_WRITERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = %s AND (query = 'COMMIT' OR query LIKE 'UPDATE \"polls_poll\"%%')"
)


@pytest.fixture
def postgres() -> Iterator[PostgresServer]:
    """A durable PostgreSQL: without fsync, acknowledged commits may be lost."""
    postgres = PostgresServer(is_durable=True)
    postgres.start()
    yield postgres
    postgres.stop()


@pytest.fixture
def cluster(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("cluster"), postgres_url=postgres.url())
    yield cluster
    cluster.stop()


async def assert_refused_at_once(server: ServerProcess, poll: PollHandle, token: str) -> None:
    """Checks that a vote is refused at once, with a time to retry."""
    async with rest_client(server) as client:
        started_s = time.monotonic()
        refusal = await vote_by_rest(client, token, poll, poll.option_ids[0])
        assert time.monotonic() - started_s < AT_ONCE_S
        assert (refusal.status, refusal.body["code"]) == (503, "server.unavailable")
        assert refusal.retry_after == "1"
        assert (await client.get("/health/live")).status_code == 200
        assert (await client.get("/health/ready")).status_code == 503


async def assert_takes_votes(server: ServerProcess, poll: PollHandle) -> None:
    """Checks that no process hangs: it reads, signs guests in, and counts votes."""
    [token] = await create_guests(server, 1)
    async with rest_client(server) as client:
        assert (await vote_by_rest(client, token, poll, poll.option_ids[0])).status == 201
        assert (await client.get(f"/api/polls/{poll.id}/results")).status_code == 200
        assert (await client.get("/health")).status_code == 200


async def reads_again(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while (await client.get("/api/polls")).status_code != 200:  # noqa: ASYNC110
            await asyncio.sleep(0.1)


async def test_a_killed_database_comes_back_and_so_do_the_votes(
    cluster: Cluster, postgres: PostgresServer
) -> None:
    first, second = cluster.servers
    poll = await create_poll(first)
    *tokens, late = await create_guests(first, VOTERS + 1)
    load = InsistentLoad(poll, tokens)
    async with (
        rest_client(first) as client,
        open_sockets(first, tokens[::10]) as voters,
        open_sockets(first, [None] * 3) as near,
        open_sockets(second, [None] * 3) as far,
    ):
        watchers = [*near, *far, *voters]
        for watcher in watchers:
            await watcher.join(poll)
        sockets = dict(zip(tokens[::10], voters, strict=True))
        work = [asyncio.create_task(load.run(client, sockets)) for _ in range(AT_ONCE)]
        await load.until(VOTERS // 5)
        await asyncio.to_thread(postgres.kill)
        await asyncio.gather(
            *(assert_refused_at_once(server, poll, late) for server in cluster.servers)
        )
        await asyncio.to_thread(postgres.start)
        await asyncio.gather(*work)
        await reads_again(client)
        assert load.vote_log.refused
        assert {response.status for response in load.vote_log.refused} == {503}
        assert len(load.vote_log.acknowledged) == VOTERS
        assert_acknowledged_is_counted(cluster, load, ids_of(tokens))
        for server in cluster.servers:
            await assert_takes_votes(server, poll)
        await has_converged(cluster, poll, watchers)


async def test_a_killed_database_comes_back_and_so_do_the_messages(
    cluster: Cluster, postgres: PostgresServer
) -> None:
    room_id, tokens = await create_open_room(cluster.servers[0], 30)
    members = [Member(cluster.servers, token, room_id) for token in tokens]
    writers = Writers(room_id)
    async with following(members):
        await eventually(lambda: all(each.joins for each in members), "all have joined")
        work = write_all(cluster, writers, tokens, 400)
        await until_acknowledged(writers, 150)
        await asyncio.to_thread(postgres.kill)
        await eventually(lambda: writers.failures > 0, "the writers notice")
        await asyncio.to_thread(postgres.start)
        await asyncio.gather(*work)
        await have_converged(cluster, room_id, members)
    assert_acknowledged_once(cluster, room_id, writers)


async def test_a_connection_that_breaks_at_the_commit_counts_nobody_twice(
    cluster: Cluster, postgres: PostgresServer
) -> None:
    first, second = cluster.servers
    poll = await create_poll(first)
    tokens = await create_guests(first, VOTERS)
    load = InsistentLoad(poll, tokens)
    async with rest_client(first) as client, open_sockets(second, [None]) as [watcher]:
        await watcher.join(poll)
        work = [asyncio.create_task(load.run(client, {})) for _ in range(AT_ONCE)]
        breaking = asyncio.create_task(asyncio.to_thread(break_writers, postgres, cluster, load))
        await asyncio.gather(*work)
        assert await breaking
        assert len(load.vote_log.acknowledged) == VOTERS
        assert_acknowledged_is_counted(cluster, load, ids_of(tokens))
        for server in cluster.servers:
            await assert_takes_votes(server, poll)
        await has_converged(cluster, poll, [watcher])


def break_writers(postgres: PostgresServer, cluster: Cluster, load: InsistentLoad) -> int:
    """Breaks connections that write tallies or commit, repeatedly; returns how many.

    Between two breaks some votes have to get through, however slow the machine is.
    """
    name, broken = cluster.database_url.rpartition("/")[2], 0
    next_at = 0
    with psycopg.connect(postgres.url(), autocommit=True) as connection:
        while (acknowledged := len(load.vote_log.acknowledged)) < VOTERS:
            if acknowledged >= next_at and connection.execute(BREAK_WRITERS, [name]).fetchall():
                broken += 1
                next_at = acknowledged + VOTERS // 20
            connection.execute("SELECT pg_sleep(0.002)")
    return broken
