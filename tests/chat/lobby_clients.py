"""Clients of the lobby's older conversation, in the test's own process."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from realtime.hub import Hub
from tests.realtime.socketio_requests import PacketSocket
from tests.sockets import Frame

ADDRESS = "192.0.2.7"


class LobbyClient(PacketSocket):
    """A socket.io-client on a WebSocket; events are frames with ``type`` and ``payload``."""

    async def receive(self) -> Frame:
        """Returns the next event or acknowledgement; answers pings."""
        while True:
            packet = await self.packet()
            if packet == "2":
                await self.send_text("3")
            elif packet.startswith("42"):
                name, *payload = json.loads(packet[2:])
                return {"type": name, "payload": payload[0] if payload else None}
            elif packet.startswith("43"):
                number, _, rest = packet[2:].partition("[")
                return {"type": "ack", "ref": int(number), "payload": json.loads(f"[{rest}")[0]}
            elif packet.startswith("40"):
                return {"type": "connect", "payload": None}

    async def emit(self, name: str, body: Any = None) -> None:
        await self.send_text("42" + json.dumps([name] if body is None else [name, body]))

    async def ask(self, name: str, body: Any = None) -> Any:
        """Emits an event; returns the acknowledgement."""
        ref = next(self._refs)
        await self.send_text(f"42{ref}" + json.dumps([name] if body is None else [name, body]))
        return (await self.find(lambda each: each.get("ref") == ref))["payload"]

    async def payload(self, name: str, **fields: Any) -> Any:
        """Returns the payload of the next event with this name and these fields."""
        found = await self.find(
            lambda each: (
                each["type"] == name
                and all(each["payload"].get(key) == value for key, value in fields.items())
            )
        )
        return found["payload"]

    async def people(self, *names: str) -> list[Frame]:
        """Returns the next ``onlineUsers`` with exactly these names."""
        found = await self.find(
            lambda each: (
                each["type"] == "onlineUsers"
                and sorted(person["userName"] for person in each["payload"]) == sorted(names)
            )
        )
        people: list[Frame] = found["payload"]
        return people

    async def join(self, user_id: str, name: str) -> Frame:
        """Joins the lobby; returns the acknowledgement."""
        reply: Frame = await self.ask("join", {"userId": user_id, "userName": name})
        return reply

    async def say(self, user_id: str, name: str, text: str, time_stamp: Any = "9:30") -> Frame:
        """Sends a message; returns the acknowledgement."""
        body = {
            "userId": user_id,
            "userName": name,
            "messageBody": text,
            "timeStamp": time_stamp,
        }
        reply: Frame = await self.ask("message", body)
        return reply


Enter = Callable[..., Awaitable[LobbyClient]]


@pytest.fixture
async def enter(hub: Hub) -> AsyncIterator[Enter]:
    """Connects a client, which joins the lobby if it gets an id and a name."""
    clients: list[LobbyClient] = []

    async def connect_client(
        user_id: str = "", name: str = "", *, token: str | None = None, address: str = ADDRESS
    ) -> LobbyClient:
        client = await LobbyClient(address=address).open()
        clients.append(client)
        await client.packet()
        await client.send_text("40" + (json.dumps({"token": token}) if token else ""))
        await client.find(lambda each: each["type"] == "connect")
        if user_id:
            reply = await client.join(user_id, name)
            assert reply["status"] == "ok", reply
        return client

    yield connect_client
    for client in clients:
        await client.close()
