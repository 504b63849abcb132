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
    MANAGE,
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
# From SIGTERM on, for clients with the library's own delays. A client that is not told waits for
# the library's 20 s.
BACK_WITHIN_S = 18.0


@pytest.fixture(scope="module")
def _packages() -> None:
    try:
        toolchain.prepare()
    except MissingBinaryError as error:
        pytest.skip(f"{error} is not installed")


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
def workers(
    shared_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    """``make serve``: two processes on one port."""
    directory = tmp_path_factory.mktemp("workers")
    own = {"WEB_PROCESSES": "2", "SOCKET_IO_NODE": "workers", "VAR_DIR": str(directory)}
    environment = shared_cluster.environment | own
    server = ServerProcess([*MANAGE, "serve"], environment, directory / "server.log")
    server.start()
    yield server
    server.stop()


async def test_processes_on_one_port_pass_requests_on(workers: ServerProcess) -> None:
    """Each request is a new connection, which any of the processes may accept."""
    limits = httpx.Limits(max_keepalive_connections=0)
    processes: set[str] = set()
    async with (
        asyncio.timeout(PATIENCE_S),
        httpx.AsyncClient(base_url=workers.url, timeout=PATIENCE_S, limits=limits) as http,
    ):
        # The kernel may prefer one of them for a while.
        while len(processes) < 2:
            processes |= set(await asyncio.gather(*(exchange_pings(http) for _ in range(CLIENTS))))


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
        nodes = [await join(client, poll.id) for client in clients]
        # Each process once: both have some of the clients.
        for node, server in zip(("web1", "web2"), cluster.servers, strict=True):
            lost = [client for client, its in zip(clients, nodes, strict=True) if its == node]
            assert lost
            server.signal(signal.SIGTERM)
            async with asyncio.timeout(BACK_WITHIN_S):
                await asyncio.gather(*(come_back(client, poll.id) for client in lost))
            server.wait()
            server.start()
            if node == "web1":
                nodes = [its.replace("web1", "web2") for its in nodes]


async def join(client: NodeClient, poll_id: str) -> str:
    """Waits until the client is connected, and joins; returns the node of its session."""
    connected = await client.printed("connect")
    assert (await client.ask("join-poll", poll_id))["status"] == "ok"
    return str(connected["sid"].partition("-")[0])


async def come_back(client: NodeClient, poll_id: str) -> None:
    ended = await client.printed("disconnect")
    assert ended["active"], ended
    await join(client, poll_id)
