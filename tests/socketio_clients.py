"""Clients of npm's socket.io-client, each a Node process."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from tests.clients.toolchain import HERE
from tools.node import node_path

PATIENCE_S = 20.0
Printed = dict[str, Any]


class NodeClient:
    """Emits events, and remembers everything that the library reports."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._refs = itertools.count(1)
        self._unread: list[Printed] = []

    async def event(self, name: str) -> Any:
        """Returns the payload of the next event with this name."""
        printed = await self.find(lambda each: each["on"] == "event" and each["name"] == name)
        return printed["args"][0]

    async def printed(self, kind: str) -> Printed:
        """Returns the next report of this kind, such as ``connect``."""
        return await self.find(lambda each: each["on"] == kind)

    async def find(self, is_it: Callable[[Printed], bool]) -> Printed:
        """Returns the next matching report, of those printed or to come."""
        for index, printed in enumerate(self._unread):
            if is_it(printed):
                return self._unread.pop(index)
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not is_it(printed := await self._read()):
                    self._unread.append(printed)
        except TimeoutError:
            seen = str(self._unread)[-2000:]
            raise AssertionError(f"Not reported within {PATIENCE_S:.0f} s: {seen}") from None
        return printed

    async def emit(self, *arguments: Any) -> None:
        """Emits an event without asking for an acknowledgement."""
        await self._call("emit", arguments)

    async def ask(self, *arguments: Any) -> Printed:
        """Emits an event; returns the acknowledgement."""
        ref = next(self._refs)
        await self._call("ask", arguments, ref)
        printed = await self.find(lambda each: each["on"] == "ack" and each["ref"] == ref)
        answer: Printed = printed["answer"]
        return answer

    async def emit_bytes(self, name: str) -> None:
        """Emits an event with binary data."""
        await self._call("emit-bytes", [name])

    async def set_token(self, token: str) -> None:
        """Changes the token for the next connection."""
        await self._call("set-token", [token])

    async def connect(self) -> None:
        await self._call("connect", [])

    async def disconnect(self) -> None:
        await self._call("disconnect", [])

    async def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()

    async def _call(self, call: str, arguments: Any, ref: int | None = None) -> None:
        assert self._process.stdin is not None
        line = json.dumps({"call": call, "args": list(arguments), "ref": ref})
        self._process.stdin.write(line.encode() + b"\n")
        await self._process.stdin.drain()

    async def _read(self) -> Printed:
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        assert line, "the Node process has ended"
        printed: Printed = json.loads(line)
        return printed


@asynccontextmanager
async def node_client(url: str, **options: Any) -> AsyncIterator[NodeClient]:
    """Starts a client with these options of ``io()``; it begins to connect at once."""
    process = await asyncio.create_subprocess_exec(
        node_path(),
        str(HERE / "socketio_client.mjs"),
        url,
        json.dumps(options),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 22,
    )
    client = NodeClient(process)
    try:
        yield client
    finally:
        await client.close()
