"""What ``docker-compose.yml`` starts, without Docker: two processes behind a real nginx."""

import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import httpx
import pytest

from tests.processes import (
    PATIENCE_S,
    ROOT,
    Cluster,
    ServerProcess,
    counts_of,
    create_guests,
    create_poll,
    eventually,
    open_sockets,
    vote_by_rest,
)
from tools.services import find_binary, free_port, wait_until

pytestmark = pytest.mark.services

# What the official image's own configuration says around the template, for one user.
AROUND = """
daemon off;
pid {directory}/nginx.pid;
error_log {directory}/error.log;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    include {directory}/site.conf;
}}
"""


@pytest.fixture
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Of its own, since a test here stops one of its processes."""
    cluster = Cluster(tmp_path_factory.mktemp("cluster"), LOG_LEVEL="DEBUG")
    yield cluster
    cluster.stop()


@pytest.fixture
def nginx(cluster: Cluster, tmp_path: Path) -> Iterator[ServerProcess]:
    """nginx as a server like any other, as far as clients see."""
    port = free_port()
    template = (ROOT / "deploy/nginx.conf.template").read_text()
    names = {"LISTEN": f"127.0.0.1:{port}"} | {
        f"WEB_{number}": f"127.0.0.1:{server.port}"
        for number, server in enumerate(cluster.servers, start=1)
    }
    for name, value in names.items():
        template = template.replace(f"${{{name}}}", value)
    (tmp_path / "site.conf").write_text(template)
    (tmp_path / "nginx.conf").write_text(AROUND.format(directory=tmp_path))
    shutil.copy("/dev/null", tmp_path / "error.log")
    with subprocess.Popen(
        [str(find_binary("nginx")), "-c", str(tmp_path / "nginx.conf"), "-p", str(tmp_path)]
    ) as process:
        site = SimpleNamespace(url=f"http://127.0.0.1:{port}", ws_url=f"ws://127.0.0.1:{port}/ws")
        wait_until(lambda: answers(site.url), "nginx")
        yield cast(ServerProcess, site)
        process.send_signal(signal.SIGTERM)


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/live").status_code == 200
    except httpx.TransportError:
        return False


async def test_votes_and_sockets_go_through_to_both_processes(
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


async def test_a_process_that_stops_is_missed_by_nobody(
    nginx: ServerProcess, cluster: Cluster
) -> None:
    poll = await create_poll(nginx)
    tokens = await create_guests(nginx, 60)
    async with httpx.AsyncClient(base_url=nginx.url, timeout=PATIENCE_S) as client:
        for number, token in enumerate(tokens):
            if number == 20:
                cluster.servers[0].signal(signal.SIGTERM)
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
