"""Pages on npm's socket.io-client that know only the lobby's older conversation."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from tests.processes import PATIENCE_S, ServerProcess
from tests.socketio_clients import NodeClient, node_client


@dataclass
class Page:
    """A page in the lobby, under an id that it has invented."""

    client: NodeClient
    rest: httpx.AsyncClient
    user_id: str
    name: str

    async def join(self) -> None:
        await self.client.emit("join", {"userId": self.user_id, "userName": self.name})

    async def say(self, text: str, time_stamp: str, *, rest_first: bool) -> httpx.Response:
        """Sends a message twice, as such a page does; returns the answer of the second way."""
        body = {
            "userId": self.user_id,
            "userName": self.name,
            "messageBody": text,
            "timeStamp": time_stamp,
        }
        if rest_first:
            sending = asyncio.create_task(self.rest.post("/api/send", json=body))
            await asyncio.sleep(0)
            await self.client.emit("message", body)
            return await sending
        await self.client.emit("message", body)
        return await self.rest.post("/api/send", json=body)

    async def got(self, name: str, **fields: Any) -> Any:
        """Returns the payload of the next event with this name and these fields."""
        printed = await self.client.find(
            lambda each: (
                each["on"] == "event"
                and each["name"] == name
                and all(each["args"][0].get(key) == value for key, value in fields.items())
            )
        )
        return printed["args"][0]

    async def sees(self, *pages: "Page") -> None:
        """Waits for ``onlineUsers`` with these pages."""
        wanted = {page.user_id for page in pages}
        await self.client.find(
            lambda each: (
                each["on"] == "event"
                and each["name"] == "onlineUsers"
                and {person["userId"] for person in each["args"][0]} == wanted
            )
        )


@asynccontextmanager
async def open_page(server: ServerProcess, name: str, user_id: str = "") -> AsyncIterator[Page]:
    """Opens a page, which connects; it invents an id unless it has one."""
    async with (
        httpx.AsyncClient(base_url=server.url, timeout=PATIENCE_S) as rest,
        node_client(server.url, transports=["websocket"]) as client,
    ):
        await client.printed("connect")
        yield Page(client, rest, user_id or f"{name}-{os.urandom(4).hex()}", name)
