"""Clients of the lobby's older conversation, in the test's own process."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from tests.realtime.socketio_requests import PacketSocket
from tests.sockets import Frame

ADDRESS = "192.0.2.7"


class LobbyClient(PacketSocket):
    """A socket.io-client on a WebSocket; events are frames with ``type`` and ``payload``."""

    def start_reading(self) -> None:
        """Reads, and answers pings, until the client is closed."""
        self._events: asyncio.Queue[Frame] = asyncio.Queue()
        self._reader = asyncio.create_task(self._read())

    def stop_reading(self) -> None:
        """Goes silent, as if the network was gone."""
        self._reader.cancel()

    async def close(self) -> None:
        self.stop_reading()
        # The server may have dropped it.
        with suppress(asyncio.CancelledError):
            await super().close()

    async def receive(self) -> Frame:
        """Returns the next event or acknowledgement."""
        return await self._events.get()

    async def _read(self) -> None:
        while True:
            self._events.put_nowait(await self._next_event())

    async def _next_event(self) -> Frame:
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

    async def come(self, user_id: str, name: str) -> Frame:
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
