"""`make serve` runs jobs in processes of its own, and shows their progress."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.processes import PATIENCE_S, Cluster, create_poll, eventually, open_sockets

pytestmark = [pytest.mark.services, pytest.mark.timeout(300)]


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path, JOB_WORKERS="1", SHUTDOWN_SECONDS="2")
    yield cluster
    cluster.stop()


def workers_of(cluster: Cluster) -> list[int]:
    """The ids of all worker processes of the cluster."""
    parents = {server.pid for server in cluster.servers}
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            if parent in parents and b"\0work\0" in (path / "cmdline").read_bytes():
                found.append(int(path.name))
    return found


def is_running(pid: int) -> bool:
    """Whether the process exists and is not a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def test_a_job_runs_in_a_worker_and_its_owner_sees_it(cluster: Cluster) -> None:
    server = cluster.servers[0]
    poll = await create_poll(server)
    token = poll.headers["Authorization"].removeprefix("Bearer ")
    body = {"type": "data_processing", "payload": {"action": "recount", "pollId": poll.id}}
    async with (
        httpx.AsyncClient(base_url=server.url, headers=poll.headers, timeout=PATIENCE_S) as client,
        open_sockets(server, [token]) as [socket],
    ):

        async def run_one() -> None:
            created = await client.post("/api/jobs", json=body)
            assert created.status_code == 202
            job_id = created.json()["job"]["id"]
            await eventually(
                lambda: any(
                    frame["type"] == "job-update"
                    and (frame["job"]["id"], frame["job"]["state"]) == (job_id, "succeeded")
                    for frame in socket.frames
                ),
                "the owner sees that the job has succeeded",
            )
            job = (await client.get(f"/api/jobs/{job_id}")).json()["job"]
            assert job["result"]["isCorrect"] is True

        await run_one()
        before = workers_of(cluster)
        assert len(before) == 2
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        await eventually(
            lambda: len(workers_of(cluster)) == 2 and not set(before) & set(workers_of(cluster)),
            "the servers start new workers",
        )
        await run_one()
    killed, stopped = cluster.servers
    await asyncio.to_thread(stopped.stop)
    await eventually(lambda: len(workers_of(cluster)) == 1, "a worker ends with its server")
    [orphan] = workers_of(cluster)
    await asyncio.to_thread(killed.kill)
    await eventually(lambda: not is_running(orphan), "even if the server was killed")
