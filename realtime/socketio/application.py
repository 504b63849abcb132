"""The ASGI application at ``/socket.io/``, for HTTP requests and WebSockets."""

import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

import structlog
from django.conf import settings

from apikit.errors import InvalidRequestError
from realtime.socketio.identity import Authenticate
from realtime.socketio.relay import Relay
from realtime.socketio.responses import send_refusal
from realtime.socketio.server import SocketServer

log = structlog.get_logger(__name__)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_WORKER_BYTES = 4


class SocketIoApplication:
    """Serves the Socket.IO clients of this process."""

    def __init__(self, authenticate: Authenticate) -> None:
        self._server = SocketServer(authenticate)
        # Processes on one port share the node's name.
        worker = secrets.token_hex(_WORKER_BYTES)
        self._server.eio.prefix = f"{settings.SOCKET_IO_NODE}-{worker}"
        self._relay = Relay(worker, self._handle)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        messages = await _read_request(receive)
        if messages is None:
            log.info("socket.io request abandoned")
        elif (error := _error_in(scope)) is not None:
            log.info("socket.io request refused", reason=error.message)
            await send_refusal(scope, send, error)
        else:
            await self._relay.start()
            receive = _replaying(messages, receive)
            sid = _query_of(scope).get("sid", "")
            if not await self._relay.pass_on(sid, scope, receive, send):
                await self._handle(scope, receive, send)

    async def _handle(self, scope: Message, receive: Receive, send: Send) -> None:
        await self._server.handle_request(scope, receive, send)


async def _read_request(receive: Receive) -> list[Message] | None:
    """Reads the handshake, or the whole body; None if the client disconnects first."""
    messages: list[Message] = []
    while True:
        message = await receive()
        if message["type"] in {"http.disconnect", "websocket.disconnect"}:
            return None
        messages.append(message)
        if not message.get("more_body"):
            return messages


def _error_in(scope: Message) -> InvalidRequestError | None:
    """Checks what the library does not."""
    query = _query_of(scope)
    transport = query.get("transport", "polling")
    if (transport == "websocket") != (scope["type"] == "websocket"):
        return InvalidRequestError("The transport in the query is not that of this request.")
    if "j" in query:
        # A page of another site could read such a response, cookies included.
        return InvalidRequestError("JSONP is not supported.")
    return None


def _query_of(scope: Message) -> dict[str, str]:
    return dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))


def _replaying(messages: list[Message], receive: Receive) -> Receive:
    """Returns a ``receive`` that yields ``messages`` again before it calls ``receive``."""
    waiting = iter(messages)

    async def replay() -> Message:
        return next(waiting, None) or await receive()

    return replay
