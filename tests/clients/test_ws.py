"""Clients of npm's ws, which know only the older endpoint of projects, at the root of the site."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from tests.clients.projects import found_project, register
from tests.clients.toolchain import HERE
from tests.processes import PATIENCE_S, ServerProcess
from tools.node import node_path

pytestmark = pytest.mark.usefixtures("tools")


class WsClient:
    """A Node process with one socket."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def printed(self) -> dict[str, Any]:
        """The next thing that the library reports."""
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), PATIENCE_S)
        printed: dict[str, Any] = json.loads(line)
        return printed

    async def frame(self) -> dict[str, Any]:
        """The next frame, with nothing else before it."""
        printed = await self.printed()
        assert printed["on"] == "message", printed
        frame: dict[str, Any] = printed["frame"]
        return frame

    async def send(self, **frame: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(frame).encode() + b"\n")
        await self._process.stdin.drain()

    async def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()


@asynccontextmanager
async def ws_client(url: str) -> AsyncIterator[WsClient]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        node_path(), str(HERE / "ws_client.mjs"), url, stdin=pipe, stdout=pipe
    )
    client = WsClient(process)
    try:
        yield client
    finally:
        await client.close()


async def test_two_members_exchange_file_changed_at_the_root(server: ServerProcess) -> None:
    project_id, ada, grace = await found_project(server)
    address = f"ws://127.0.0.1:{server.port}/?token={{}}&projectId={project_id}"
    async with ws_client(address.format(ada)) as first:
        assert await first.printed() == {"on": "open"}
        async with ws_client(address.format(grace)) as second:
            assert await second.printed() == {"on": "open"}
            joined = await first.frame()
            assert (joined["type"], joined["user"]["name"]) == ("user_joined", "Grace")
            payload = {"path": "src/agenda.md", "content": "Tea? ☕"}
            await second.send(type="file_changed", payload=payload)
            changed = await first.frame()
            assert (changed["type"], changed["payload"]) == ("file_changed", payload)
            assert set(changed) == {"type", "payload", "user", "timestamp"}
            assert set(changed["user"]) == {"id", "name"}
            await first.send(type="file_changed", payload={"path": "b"})
            answered = await second.frame()
            assert (answered["payload"], answered["user"]["name"]) == ({"path": "b"}, "Ada")
        left = await first.frame()
        assert (left["type"], left["user"]["name"]) == ("user_left", "Grace")


async def test_strangers_and_bad_tokens_are_refused_at_the_root(server: ServerProcess) -> None:
    project_id, _, _ = await found_project(server)
    async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE_S) as client:
        _, stranger = await register(client, "Eve")
    root = f"ws://127.0.0.1:{server.port}/"
    async with ws_client(f"{root}?token={stranger}&projectId={project_id}") as client:
        assert await client.printed() == {"on": "open"}
        assert (await client.frame())["code"] == "project.not_found"
        assert await client.printed() == {"on": "close", "code": 4504}
    async with ws_client(f"{root}?token=nonsense&projectId={project_id}") as client:
        assert await client.printed() == {"on": "open"}
        assert await client.printed() == {"on": "close", "code": 4401}
    async with ws_client(f"{root}?token={stranger}") as client:
        error = await client.printed()
        assert (error["on"], error["message"]) == ("error", "Unexpected server response: 404")
