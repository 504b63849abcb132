"""Passes requests on to the process that has their session, where processes share one port.

The kernel gives each connection to any of the processes, and long polling opens many. Each process
listens on a UNIX socket named after it; the ``sid`` of a request tells which one it belongs to.
ASGI messages go over the socket as MessagePack.
"""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgpack

from apikit.background import report_failure
from apikit.errors import ServerUnavailableError
from realtime.socketio.responses import send_refusal

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Message, Receive, Send], Awaitable[None]]

# Names the folder of the sockets, which only the user of the server can open. Set by the parent of
# several processes on one port.
DIRECTORY_VARIABLE = "TALLYROOM_RELAY_DIRECTORY"

_PASSED_ON = ("type", "method", "path", "query_string", "headers", "scheme", "client")
_READ_BYTES = 65_536
# A request body, or a frame, with its envelope.
_MAX_MESSAGE_BYTES = 1 << 20
_WORKER_OF_SID = re.compile(r"[A-Za-z0-9]+-([0-9a-f]{8})\.")


class Relay:
    """The sockets of this process (``worker``) and of the others."""

    def __init__(self, worker: str, app: AsgiApp) -> None:
        self._worker = worker
        self._app = app
        directory = os.environ.get(DIRECTORY_VARIABLE)
        self._directory = Path(directory) if directory else None
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listens for requests from the other processes; call it before opening a session."""
        if self._directory is not None and self._server is None:
            path = self._directory / self._worker
            self._server = await asyncio.start_unix_server(self._serve, path)

    async def pass_on(self, sid: str, scope: Message, receive: Receive, send: Send) -> bool:
        """Lets another process handle the request if it has the session; returns whether."""
        match = _WORKER_OF_SID.match(sid)
        if self._directory is None or match is None or match[1] == self._worker:
            return False
        try:
            streams = await asyncio.open_unix_connection(self._directory / match[1])
        except OSError:  # the process has ended
            return False
        last = await _exchange(streams, scope, receive, send)
        if not last:
            await send_refusal(scope, send, ServerUnavailableError())
        elif last in {"websocket.accept", "websocket.send"}:
            # The other process has dropped the client, or is gone.
            scope.get("extensions", {}).get("tallyroom.abort", lambda: None)()
        return True

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        messages = _read(reader)
        scope = await anext(messages, None)
        if scope is None:
            writer.close()
            return

        async def receive() -> Message:
            return await anext(messages, {"type": f"{scope['type']}.disconnect"})

        async def send(message: Message) -> None:
            await _write(writer, message)

        try:
            # Another process may answer a refused handshake with any status.
            await self._app(scope | {"extensions": {"websocket.http.response": {}}}, receive, send)
        except OSError:
            pass  # the client is gone
        except Exception as error:  # noqa: BLE001 - outermost
            report_failure("relay", error, "socket.io request not answered")
        finally:
            writer.close()


async def _exchange(
    streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    scope: Message,
    receive: Receive,
    send: Send,
) -> str:
    """Passes messages on, both ways, until the other process has finished.

    Returns the type of the last message to the client; empty if there was none.
    """
    reader, writer = streams
    sender = asyncio.ensure_future(_send_all(writer, scope, receive))
    last = ""
    try:
        async for message in _read(reader):
            last = message["type"]
            await send(message)
    finally:
        sender.cancel()
        writer.close()
    return last


async def _send_all(writer: asyncio.StreamWriter, scope: Message, receive: Receive) -> None:
    with suppress(OSError):
        await _write(writer, {name: scope[name] for name in _PASSED_ON if name in scope})
        while True:
            message = await receive()
            if message["type"].endswith(".disconnect"):
                writer.close()
                return
            await _write(writer, message)


async def _write(writer: asyncio.StreamWriter, message: Message) -> None:
    writer.write(msgpack.packb(message))
    await writer.drain()


async def _read(reader: asyncio.StreamReader) -> AsyncIterator[dict[str, Any]]:
    unpacker = msgpack.Unpacker(max_buffer_size=_MAX_MESSAGE_BYTES + _READ_BYTES)
    while data := await reader.read(_READ_BYTES):
        unpacker.feed(data)
        for message in unpacker:
            yield message
