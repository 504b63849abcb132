"""A rolling restart of two processes behind a real nginx, under load: no request fails."""

import asyncio
import signal
from collections import Counter
from pathlib import Path

import httpx
import pytest

from tests.processes import PATIENCE_S, Cluster, create_poll, vote_by_rest
from tests.system.test_nginx_retries import run_nginx

pytestmark = pytest.mark.services

CLIENTS = 6


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_a_rolling_restart_under_load_fails_no_request(tmp_path: Path, workers: str) -> None:
    # Longer than nginx keeps idle connections, as it must be.
    cluster = Cluster(tmp_path, DRAIN_SECONDS="6", WEB_PROCESSES=workers)
    nginx, url = run_nginx(tmp_path, *(f"127.0.0.1:{each.port}" for each in cluster.servers))
    statuses: Counter[tuple[str, int]] = Counter()
    try:
        poll = await create_poll(cluster.servers[0])
        is_over = asyncio.Event()

        async def visit() -> None:
            """A guest after the other votes, over connections that are kept."""
            async with httpx.AsyncClient(base_url=url, timeout=PATIENCE_S) as client:
                while not is_over.is_set():
                    made = await client.post("/api/auth/guest", json={})
                    statuses["guest", made.status_code] += 1
                    token = made.json()["tokens"]["accessToken"]
                    vote = await vote_by_rest(client, token, poll, poll.option_ids[0])
                    statuses["vote", vote.status] += 1
                    read = await client.get(f"/api/polls/{poll.id}")
                    statuses["read", read.status_code] += 1

        visits = [asyncio.create_task(visit()) for _ in range(CLIENTS)]
        for server in cluster.servers:
            server.signal(signal.SIGTERM)
            await asyncio.to_thread(server.wait)
            await asyncio.to_thread(server.start)
        is_over.set()
        await asyncio.gather(*visits)
    finally:
        nginx.terminate()
        nginx.wait()
        cluster.stop()
    assert set(statuses) == {("guest", 201), ("vote", 201), ("read", 200)}
