"""What ``docker-compose.yml`` starts, without Docker: two processes behind a real nginx."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect

from tests.processes import (
    PATIENCE_S,
    Cluster,
    ServerProcess,
    counts_of,
    create_guests,
    create_poll,
    eventually,
    open_sockets,
    vote_by_rest,
)
from tests.system.proxy import nginx_before
from tests.system.teams import found_team

pytestmark = pytest.mark.services


@pytest.fixture
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Of its own, since a test here stops one of its processes."""
    cluster = Cluster(tmp_path_factory.mktemp("cluster"), LOG_LEVEL="DEBUG")
    yield cluster
    cluster.stop()


@pytest.fixture
def nginx(cluster: Cluster, tmp_path: Path) -> Iterator[ServerProcess]:
    with nginx_before(cluster, tmp_path) as site:
        yield site


async def test_votes_sockets_and_files_go_through_to_both_processes(
    nginx: ServerProcess, cluster: Cluster
) -> None:
    poll = await create_poll(nginx)
    tokens = await create_guests(nginx, 20)
    async with (
        httpx.AsyncClient(base_url=nginx.url, timeout=PATIENCE_S) as client,
        open_sockets(nginx, [None] * 10) as watchers,
    ):
        for watcher in watchers:
            await watcher.join(poll)
        for token in tokens:
            assert (await vote_by_rest(client, token, poll, poll.option_ids[0])).status == 201
        await eventually(
            lambda: all(counts_of(each.tally) == [20, 0, 0] for each in watchers),
            "all watchers show the tally",
        )
        for server in cluster.servers:
            assert "tallyroom_sockets 0.0" not in server.metrics()
        assert (await client.get("/metrics")).status_code == 404
        account = {"name": "Ada", "email": "ada@example.org", "password": "correct horse battery"}
        tokens = (await client.post("/api/auth/register", json=account)).json()["tokens"]
        bearer = {"Authorization": f"Bearer {tokens['accessToken']}"}
        # Larger than other bodies may be.
        sent = await client.post("/api/v1/uploads/", content=b"x" * 3_000_000, headers=bearer)
        assert sent.json()["upload"]["sizeBytes"] == 3_000_000


async def test_older_clients_reach_their_project_at_the_root(
    nginx: ServerProcess, cluster: Cluster
) -> None:
    project_id, tokens = await found_team(cluster, 2)
    root = nginx.ws_url.removesuffix("ws")
    address = f"{root}?projectId={project_id}&token="
    async with (
        connect(address + tokens[0]) as first,
        connect(address + tokens[1]) as second,
        httpx.AsyncClient(base_url=nginx.url, timeout=PATIENCE_S) as client,
    ):
        # Once both have joined.
        assert json.loads(await asyncio.wait_for(first.recv(), PATIENCE_S))["type"] == "user_joined"
        await second.send('{"type": "file_changed", "payload": 1}')
        assert json.loads(await asyncio.wait_for(first.recv(), PATIENCE_S))["payload"] == 1
        assert (await client.get("/")).status_code == 200


async def test_nobody_misses_a_process_that_has_stopped(
    nginx: ServerProcess, cluster: Cluster
) -> None:
    """What is sent while it stops is covered by ``test_rolling_restart``."""
    poll = await create_poll(nginx)
    tokens = await create_guests(nginx, 60)
    async with httpx.AsyncClient(base_url=nginx.url, timeout=PATIENCE_S) as client:
        for number, token in enumerate(tokens):
            if number == 20:
                await asyncio.to_thread(cluster.servers[0].stop)
            answer = await vote_by_rest(client, token, poll, poll.option_ids[1])
            assert answer.status == 201
    async with open_sockets(nginx, [None]) as [watcher]:
        reply = await watcher.join(poll)
        assert counts_of(reply["poll"]) == [0, 60, 0]


async def test_people_are_told_apart_by_the_address_nginx_sees(
    nginx: ServerProcess, cluster: Cluster
) -> None:
    """Whoever names another address in a header of their own is not believed."""
    attempts = 0
    async with httpx.AsyncClient(base_url=nginx.url, timeout=PATIENCE_S) as client:
        for number in range(11):
            answer = await client.post(
                "/api/auth/login",
                json={"email": "nobody@example.org", "password": "wrong horse"},
                headers={"X-Forwarded-For": f"203.0.113.{number}"},
            )
            attempts += answer.status_code == 401
    assert attempts == 10
    assert answer.status_code == 429
