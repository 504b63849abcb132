"""A socket client in the test's own process, over Channels' communicator."""

import asyncio
from collections.abc import Callable
from itertools import count
from typing import Any, Self
from uuid import UUID

from asgiref.testing import ApplicationCommunicator
from channels.testing import WebsocketCommunicator

from polling_site.asgi import application

# The timeout of every wait, long enough for slow machines.
PATIENCE_S = 20.0

Frame = dict[str, Any]


class _Communicator(WebsocketCommunicator):
    """Lets database connections be closed while it sends and receives.

    Channels prevents that for TestCase; here it would exhaust the connection pool.
    """

    async def send_input(self, message: Any) -> None:
        await ApplicationCommunicator.send_input(self, message)

    async def receive_output(self, timeout: float = 1) -> Any:  # noqa: ASYNC109
        return await ApplicationCommunicator.receive_output(self, timeout)


class SocketClient:
    """One socket. Frames received while waiting for another one are kept in ``seen``."""

    def __init__(
        self,
        path: str = "/ws",
        *,
        token: str | None = None,
        headers: list[tuple[bytes, bytes]] | None = None,
        subprotocols: list[str] | None = None,
        address: str | None = None,
        scheme: str = "ws",
    ) -> None:
        query = f"?token={token}" if token else ""
        self._communicator = _Communicator(application, path + query, headers or [], subprotocols)
        self._communicator.scope["scheme"] = scheme
        if address is not None:
            self._communicator.scope["client"] = (address, 1)
        self._refs = count(1)
        self.seen: list[Frame] = []
        self.subprotocol: str | None = None

    async def open(self) -> Self:
        is_accepted, self.subprotocol = await self._communicator.connect(timeout=PATIENCE_S)
        assert is_accepted
        return self

    async def close(self) -> None:
        await self._communicator.disconnect(timeout=PATIENCE_S)

    async def send_text(self, text: str) -> None:
        await self._communicator.send_input({"type": "websocket.receive", "text": text})

    async def send_bytes(self, data: bytes) -> None:
        await self._communicator.send_input({"type": "websocket.receive", "bytes": data})

    async def call(self, command: str, **body: Any) -> Frame:
        """Sends a command; returns its reply or error."""
        ref = next(self._refs)
        frame = {"type": command, "ref": ref, **body}
        await self._communicator.send_json_to(_as_json(frame))
        return await self.find(lambda frame: frame.get("ref") == ref)

    async def join(self, poll_id: UUID) -> Frame:
        """Joins a poll; returns the reply."""
        reply = await self.call("join-poll", pollId=poll_id)
        assert reply["type"] == "reply", reply
        return reply

    async def event(self, name: str, **fields: Any) -> Frame:
        """Returns the next event with this name and these fields."""
        return await self.find(
            lambda frame: (
                frame["type"] == name
                and all(frame.get(key) == value for key, value in fields.items())
            )
        )

    async def find(self, is_it: Callable[[Frame], bool]) -> Frame:
        """Returns the next matching frame, from those seen or those to come."""
        for index, frame in enumerate(self.seen):
            if is_it(frame):
                del self.seen[index]
                return frame
        # One timeout for all frames, because repeated ones would extend it for ever.
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not is_it(frame := await self.receive()):
                    self.seen.append(frame)
        except TimeoutError:
            raise AssertionError(
                f"Not received within {PATIENCE_S:.0f} s. Received: {self._summary()}"
            ) from None
        return frame

    async def receive(self) -> Frame:
        frame: Frame = await self._communicator.receive_json_from(timeout=PATIENCE_S)
        return frame

    async def names_seen(self) -> list[str]:
        """Returns the types of all frames received so far."""
        await self.call("ping")
        return [frame["type"] for frame in self.seen]

    async def output(self) -> dict[str, Any]:
        """Returns the next ASGI message of the server."""
        output: dict[str, Any] = await self._communicator.receive_output(timeout=PATIENCE_S)
        return output

    async def closed_with(self) -> int:
        """Waits for the close and returns its code; frames before it are kept in ``seen``."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while (output := await self.output())["type"] != "websocket.close":
                    self.seen.append(output)
        except TimeoutError:
            raise AssertionError(
                f"Not closed within {PATIENCE_S:.0f} s. Received: {self._summary()}"
            ) from None
        return int(output["code"])

    def _summary(self) -> str:
        """The types of the frames in ``seen``."""
        types = [str(frame["type"]) for frame in self.seen]
        return ", ".join(types[-20:]) or "nothing"


def _as_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_json(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_as_json(each) for each in value]
    return str(value) if isinstance(value, UUID) else value
