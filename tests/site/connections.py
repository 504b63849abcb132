"""Connections to an application through our HTTP protocol, without a network."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any

from uvicorn.config import Config
from uvicorn.server import ServerState

from polling_site.server.http_protocol import HttpProtocol
from polling_site.server.websocket_protocol import WebSocketProtocol

App = Callable[[Any, Any, Any], Awaitable[None]]


class Client(asyncio.Transport):
    """The client's end of a connection to an application; records each write."""

    def __init__(self, app: App, address: str = "198.51.100.1") -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.is_closed = False
        self.is_aborted = False
        self.unread_bytes = 0
        self._is_lost = False
        self.address = address
        config = Config(
            app, http=HttpProtocol, ws=WebSocketProtocol, lifespan="off", log_config=None
        )
        config.load()
        self._state = ServerState()
        self.protocol = HttpProtocol(config, self._state, {})
        self.protocol.connection_made(self)

    async def ask(self, *lines: str) -> None:
        """Sends a request, and waits until it has been handled."""
        await self.send("".join(f"{line}\r\n" for line in (*lines, "")).encode())

    async def send(self, data: bytes) -> None:
        """Sends bytes, and waits until they have been handled."""
        self.protocol.data_received(data)
        while self._state.tasks:
            await asyncio.gather(*self._state.tasks)

    def send_only(self, data: bytes) -> None:
        """Sends bytes without waiting."""
        self.protocol.data_received(data)

    @property
    def statuses(self) -> list[int]:
        """The statuses of all responses so far."""
        heads = re.findall(rb"HTTP/1\.1 (\d{3}) ", b"".join(self.writes))
        return [int(status) for status in heads]

    def leave(self) -> None:
        self._lose()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return (self.address, 50_000) if name == "peername" else default

    def get_write_buffer_size(self) -> int:
        return self.unread_bytes

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Tests pause the writing themselves."""

    def abort(self) -> None:
        self.is_aborted = True
        self._lose()

    def set_protocol(self, protocol: Any) -> None:
        self.protocol = protocol

    def get_protocol(self) -> Any:
        return self.protocol

    def write(self, data: Any) -> None:
        self.writes.append(bytes(data))

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        if not self.is_closed:
            self.is_closed = True
            asyncio.get_running_loop().call_soon(self._lose)

    def _lose(self) -> None:
        if not self._is_lost and not (self.is_closed and self.unread_bytes):
            self._is_lost = True
            self.protocol.connection_lost(None)


def answering(*parts: bytes, status: int = 200) -> App:
    """An application that responds with a body in these parts."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        size = str(sum(map(len, parts))).encode()
        await send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [(b"content-length", size)],
            }
        )
        for number, part in enumerate(parts, start=1):
            is_last = number == len(parts)
            await send({"type": "http.response.body", "body": part, "more_body": not is_last})

    return app


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """An application that responds with the request's method, target and body."""
    body, is_complete = b"", False
    while not is_complete:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body += message["body"]
        is_complete = not message["more_body"]
    await answering(f"{scope['method']} {scope['path']} ".encode() + body)(scope, receive, send)
