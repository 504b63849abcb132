"""Socket.IO clients with two processes, behind the shipped nginx or on one port."""

import asyncio
import json
import signal
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.clients import toolchain
from tests.processes import (
    PATIENCE_S,
    Cluster,
    ServerProcess,
    create_guests,
    create_poll,
    eventually,
    vote_by_rest,
)
from tests.socketio_clients import NodeClient, node_client
from tests.system.proxy import nginx_before
from tools.services import MissingBinaryError

pytestmark = pytest.mark.services

CLIENTS = 30
EXCHANGES = 10
# From the end of the old connection, for clients with the library's own delays.
BACK_WITHIN_S = 10.0


@pytest.fixture(scope="module")
def _packages() -> None:
    try:
        toolchain.prepare()
    except MissingBinaryError as error:
        pytest.skip(f"{error} is not installed")


@pytest.fixture
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Of its own, since a test here stops one of its processes."""
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    yield cluster
    cluster.stop()


@pytest.fixture
def nginx(cluster: Cluster, tmp_path: Path) -> Iterator[ServerProcess]:
    with nginx_before(cluster, tmp_path) as site:
        yield site


async def test_every_request_of_long_polling_reaches_its_process(nginx: ServerProcess) -> None:
    async with httpx.AsyncClient(base_url=nginx.url, timeout=PATIENCE_S) as http:
        nodes = await asyncio.gather(*(exchange_pings(http) for _ in range(CLIENTS)))
    assert {each.partition("-")[0] for each in nodes} == {"web1", "web2"}


async def exchange_pings(http: httpx.AsyncClient) -> str:
    """Polls by hand; returns the part of the sid that names the process."""
    query = {"EIO": "4", "transport": "polling"}
    opened = await http.get("/socket.io/", params=query)
    query["sid"] = json.loads(opened.text[1:])["sid"]
    await http.post("/socket.io/", params=query, content="40")
    connected = await http.get("/socket.io/", params=query)
    assert connected.text.startswith("40"), connected.text
    for number in range(EXCHANGES):
        posted = await http.post("/socket.io/", params=query, content=f'42{number}["ping"]')
        assert (posted.status_code, posted.text) == (200, "OK")
        polled = await http.get("/socket.io/", params=query)
        assert polled.text == f'43{number}[{{"status":"ok"}}]'
    return query["sid"].partition(".")[0]


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """``make serve``: two processes on one port."""
    cluster = Cluster(tmp_path_factory.mktemp("workers"), WEB_PROCESSES="2")
    yield cluster.servers[0]
    cluster.stop()


async def test_processes_on_one_port_pass_requests_on(workers: ServerProcess) -> None:
    limits = httpx.Limits(max_keepalive_connections=0)
    async with httpx.AsyncClient(base_url=workers.url, timeout=PATIENCE_S, limits=limits) as http:
        processes = await asyncio.gather(*(exchange_pings(http) for _ in range(CLIENTS)))
    assert len(set(processes)) == 2


@pytest.mark.usefixtures("_packages")
async def test_clients_upgrade_on_one_port(workers: ServerProcess) -> None:
    """With ten clients, some reach the other process with their upgrade."""
    poll = await create_poll(workers)
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(node_client(workers.url)) for _ in range(10)]
        for client in clients:
            await client.printed("connect")
            await client.printed("upgrade")
            assert (await client.ask("join-poll", poll.id))["status"] == "ok"
        async with httpx.AsyncClient(base_url=workers.url, timeout=PATIENCE_S) as http:
            [token] = await create_guests(workers, 1)
            await vote_by_rest(http, token, poll, poll.option_ids[0])
        for client in clients:
            await client.find(
                lambda each: (
                    each.get("name") == "vote-update" and each["args"][0]["poll"]["totalVotes"] == 1
                )
            )
    # An upgraded session ends with its WebSocket, also through another process.
    await eventually(
        lambda: "tallyroom_sockets 0.0" in workers.metrics(), "all sessions have ended"
    )


@pytest.mark.usefixtures("_packages")
async def test_everybody_is_back_soon_after_a_process_stops(
    nginx: ServerProcess, cluster: Cluster
) -> None:
    poll = await create_poll(nginx)
    choices: list[dict[str, Any]] = [{"transports": ["polling"]}, {"transports": ["websocket"]}, {}]
    async with AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(node_client(nginx.url, **options))
            for options in choices * 3
        ]
        for client in clients:
            await client.printed("connect")
            assert (await client.ask("join-poll", poll.id))["status"] == "ok"
        # One after the other, so that every client loses its process at least once.
        lost = [asyncio.ensure_future(come_back(client, poll.id)) for client in clients]
        cluster.servers[0].signal(signal.SIGTERM)
        cluster.servers[0].wait()
        cluster.servers[0].start()
        cluster.servers[1].signal(signal.SIGTERM)
        await asyncio.gather(*lost)


async def come_back(client: NodeClient, poll_id: str) -> None:
    """Waits until the client has lost its connection, is back, and has joined again."""
    ended = await client.printed("disconnect")
    assert ended["active"], ended
    async with asyncio.timeout(BACK_WITHIN_S):
        await client.printed("connect")
        assert (await client.ask("join-poll", poll_id))["status"] == "ok"
