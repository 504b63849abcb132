"""Resources run out: the connections to the database, and the disk."""

import asyncio
import os
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import httpx
import psycopg
import pytest

from tests.embedded import embedded_server
from tests.faults.load import (
    AT_ONCE,
    InsistentLoad,
    assert_acknowledged_is_counted,
    has_converged,
    ids_of,
)
from tests.processes import (
    PATIENCE_S,
    Cluster,
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

VOTERS = 120
# Their votes need many more pages than PostgreSQL takes hold of in advance.
VOTERS_FOR_A_DISK = 400
# A new cluster and two databases take about 50 MB of it, the log that is written ahead 16 MB more.
DISK_MB = 160


# The pool

POOL_MAX = 2


@pytest.fixture
def tight_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    directory = tmp_path_factory.mktemp("cluster")
    cluster = Cluster(directory, DATABASE_POOL_MAX=str(POOL_MAX))
    yield cluster
    cluster.stop()


async def read_status(client: httpx.AsyncClient) -> int:
    return (await client.get("/api/polls")).status_code


async def test_while_requests_have_all_connections_votes_still_count(
    tight_cluster: Cluster,
) -> None:
    """Requests that change a locked poll wait for it, and use up the pool."""
    cluster = tight_cluster
    server = cluster.servers[0]
    stuck, poll = await create_poll(server), await create_poll(server)
    tokens = await create_guests(server, VOTERS)
    load = InsistentLoad(poll, tokens)
    async with rest_client(server) as client, open_sockets(server, [None]) as [watcher]:
        await watcher.join(poll)
        with psycopg.connect(cluster.database_url) as holder:
            holder.execute("SELECT 1 FROM polls_poll WHERE id = %s FOR UPDATE", [stuck.id])
            waiting = [
                asyncio.create_task(
                    client.put(f"/api/polls/{stuck.id}/close", headers=stuck.headers)
                )
                for _ in range(POOL_MAX)
            ]
            await eventually(lambda: waiting_for_rows(cluster) == POOL_MAX, "the pool is used up")
            reading = asyncio.create_task(client.get("/api/polls"))
            # The first vote of this process: its writer has yet to connect.
            async with asyncio.timeout(PATIENCE_S):
                await asyncio.gather(*(load.run(client, {}) for _ in range(AT_ONCE)))
            assert not load.vote_log.refused
            refused = await reading
            assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
            assert not any(task.done() for task in waiting)
        assert [response.status_code for response in await asyncio.gather(*waiting)] == [200, 200]
        assert await read_status(client) == 200
        await has_converged(cluster, poll, [watcher])
    assert_acknowledged_is_counted(cluster, load, ids_of(tokens))


def waiting_for_rows(cluster: Cluster) -> int:
    """Returns how many connections to this database wait for a lock."""
    name = cluster.database_url.rpartition("/")[2]
    [[count]] = cluster.query(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'",
        name,
    )
    return int(count)


# The disk


class Disk:
    """A small disk that tests fill to the last byte and free again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._ballast = path / "ballast"

    def fill(self) -> None:
        with self._ballast.open("ab", buffering=0) as file:
            # At once, before the votes are over, and then to the last byte.
            for size in (2**20, 4096):
                with suppress(OSError):
                    while True:
                        file.write(bytes(size))

    def free(self) -> None:
        self._ballast.unlink()


@pytest.fixture
def disk() -> Iterator[Disk]:
    """A tmpfs; the test is skipped, with a reason, where it may not be mounted."""
    path = Path(tempfile.mkdtemp(prefix="tallyroom-disk-"))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=755", "tallyroom", str(path)]
    mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        path.rmdir()
        reason = f"A full disk is not tested: none may be mounted ({mounted.stderr.strip()})."
        # Where nothing may be left out, this is not either.
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    yield Disk(path)
    subprocess.run(["umount", "--lazy", str(path)], check=True)
    path.rmdir()


@pytest.fixture
def small_postgres(disk: Disk) -> Iterator[PostgresServer]:
    directory = disk.path / "postgres"
    directory.mkdir()
    postgres = PostgresServer(is_durable=True, directory=directory)
    postgres.start()
    yield postgres
    postgres.stop()


@pytest.fixture
def small_cluster(
    small_postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("cluster"), postgres_url=small_postgres.url())
    yield cluster
    cluster.stop()


async def test_a_full_disk_refuses_votes_and_counts_them_once_there_is_room(
    disk: Disk, small_postgres: PostgresServer, small_cluster: Cluster
) -> None:
    cluster, server = small_cluster, small_cluster.servers[0]
    poll = await create_poll(server)
    *tokens, late = await create_guests(server, VOTERS_FOR_A_DISK + 1)
    load = InsistentLoad(poll, tokens)
    async with (
        rest_client(server) as client,
        open_sockets(server, [None]) as [near],
        open_sockets(cluster.servers[1], [None]) as [far],
    ):
        for watcher in (near, far):
            await watcher.join(poll)
        work = [asyncio.create_task(load.run(client, {})) for _ in range(AT_ONCE)]
        await load.until(AT_ONCE)
        await asyncio.to_thread(disk.fill)
        await eventually(lambda: len(load.vote_log.refused) > AT_ONCE, "votes are refused")
        await asyncio.to_thread(make_room, disk, small_postgres)
        await asyncio.gather(*work)
        assert {(response.status, response.retry_after) for response in load.vote_log.refused} == {
            (503, "1")
        }
        assert len(load.vote_log.acknowledged) == VOTERS_FOR_A_DISK
        await has_converged(cluster, poll, [near, far])
        assert_acknowledged_is_counted(cluster, load, ids_of(tokens))
    # Over a line of its own: meanwhile the server may have closed those that idled.
    async with rest_client(server) as client:
        assert (await vote_by_rest(client, late, poll, poll.option_ids[0])).status == 201


def make_room(disk: Disk, postgres: PostgresServer) -> None:
    """Restarts PostgreSQL as an operator would: it stops when it cannot write its WAL."""
    disk.free()
    if not postgres.is_running:
        postgres.start()


@pytest.fixture
def site_on_disk(disk: Disk, tmp_path: Path) -> Iterator[ServerProcess]:
    """A server with its data on ``disk`` and its log elsewhere."""
    with embedded_server(tmp_path, VAR_DIR=str(disk.path / "var")) as running:
        yield running


async def test_an_embedded_site_on_a_full_disk_says_so(
    disk: Disk, site_on_disk: ServerProcess
) -> None:
    poll = await create_poll(site_on_disk)
    [token] = await create_guests(site_on_disk, 1)
    async with rest_client(site_on_disk) as client:
        # The vote writer stays connected, so that SQLite keeps its log.
        assert (await vote_by_rest(client, token, poll, poll.option_ids[0])).status == 201
        assert (await client.get("/health")).status_code == 200
        let_the_log_grow(disk.path / "var" / "tallyroom.sqlite3")
        await asyncio.to_thread(disk.fill)
        # The last probe that succeeded counts for some seconds.
        health_url = f"{site_on_disk.url}/health"
        await eventually(lambda: httpx.get(health_url).status_code != 200, "a failing probe")
        health = await client.get("/health")
        assert (health.status_code, health.json()["checks"]["database"]) == (503, "failing")
        await asyncio.to_thread(disk.free)
        assert (await client.get("/health")).status_code == 200


def let_the_log_grow(database: Path) -> None:
    """Grows the write-ahead log as many votes do, so that later writes need no more disk."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE ballast (filler)")
        connection.execute("INSERT INTO ballast VALUES (zeroblob(2000000))")
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(FULL)")
