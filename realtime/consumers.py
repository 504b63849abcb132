"""The Channels consumer of every WebSocket: reads frames and runs commands, one at a time.

As in Phoenix channels, a command may carry a ``ref``, and its reply or error carries the same one.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any

from channels.consumer import AsyncConsumer

from apikit.clients import client_network
from apikit.errors import ApiError
from apikit.exception_handler import as_api_error
from apikit.wire import encode
from realtime.close_codes import CloseCode
from realtime.commands import Envelope, read_envelope
from realtime.connection import Connection
from realtime.endpoints import OnConnect
from realtime.events import MAIN_PROTOCOL
from realtime.execution import CommandRunner
from realtime.frames import Frame
from realtime.hub import Hub
from realtime.people import person_key
from realtime.running import running_hub
from realtime.transport import asgi_transport

AsgiMessage = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[AsgiMessage]]
Send = Callable[[AsgiMessage], Awaitable[None]]


# Of errors when connecting, by their status; other errors pass, so that the client reconnects.
_CLOSE_CODES = {
    HTTPStatus.UNAUTHORIZED: CloseCode.TOKEN_INVALID,
    HTTPStatus.FORBIDDEN: CloseCode.NOT_FOUND,
    HTTPStatus.NOT_FOUND: CloseCode.NOT_FOUND,
}


class LiveConsumer(AsyncConsumer):
    """One socket.

    The scope holds its ``actor``, or the ``close_code`` to refuse it with, and for visitors a
    ``browser`` that tells which sockets belong to one person. ``on_connect`` and ``protocol`` are
    those of the :class:`~realtime.endpoints.Endpoint`.
    """

    # No channel per socket: the hub has one for the whole process.
    channel_layer_alias = "none"

    def __init__(self, protocol: str = MAIN_PROTOCOL, on_connect: OnConnect | None = None) -> None:
        self.protocol = protocol
        self.on_connect = on_connect

    # AsyncConsumer's own loop hops to a thread and creates two tasks for each message.
    async def __call__(self, scope: AsgiMessage, receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect
        await send({"type": "websocket.accept", "subprotocol": scope.get("subprotocol")})
        hub = running_hub()
        connection = Connection(
            hub.backlog,
            asgi_transport(scope, send),
            scope["actor"],
            self.protocol,
            address=client_network(scope),
            person=person_key(scope["actor"], scope.get("browser", "")),
            now_s=hub.now_s,
        )
        refusal = scope.get("close_code") or hub.refusal_for(connection)
        if refusal is not None:
            connection.close(refusal)
            await _until_disconnected(receive)
            return
        hub.attach(connection)
        try:
            if self.on_connect is not None:
                await _connect(hub, connection, self.on_connect, scope["url_route"]["kwargs"])
            await _run_commands(JsonCommands(hub, connection), receive)
        finally:
            hub.detach(connection)


async def _connect(
    hub: Hub, connection: Connection, on_connect: OnConnect, parameters: Any
) -> None:
    try:
        await on_connect(hub, connection, **parameters)
    except Exception as error:  # noqa: BLE001 - outermost
        refusal = as_api_error(error)
        connection.push(error_frame(refusal))
        code = _CLOSE_CODES.get(refusal.http_status, CloseCode.RESTARTING)
        connection.close(code)


async def _run_commands(commands: "JsonCommands", receive: Receive) -> None:
    connection = commands.connection
    while True:
        # Frames of a client that does not read its replies are not read.
        await connection.until_read()
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return
        if connection.is_closing:
            continue
        text = message.get("text")
        if await commands.admits(text):
            await commands.run(text)


class JsonCommands(CommandRunner):
    """The commands of a native socket: a JSON object per frame."""

    def read(self, frame: str) -> Envelope:
        return read_envelope(frame)

    def reply(self, envelope: Envelope, fields: dict[str, Any]) -> None:
        text = encode({"type": "reply", "ref": envelope.ref, "status": "ok", **fields})
        self.connection.reply(Frame(text))

    def refuse(self, envelope: Envelope, error: ApiError) -> None:
        self.connection.push(error_frame(error, envelope.ref))


def error_frame(error: ApiError, ref: Any = None) -> Frame:
    """Returns an error in the format of native sockets."""
    return Frame(encode({"type": "error", "ref": ref, **error.details()}))


async def _until_disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "websocket.disconnect":
        pass
