"""The Channels consumer of every WebSocket: reads frames and runs commands, one at a time.

As in Phoenix channels, a command may carry a ``ref``, and its reply or error carries the same one.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from channels.consumer import AsyncConsumer
from django.conf import settings

from apikit.clients import client_network
from apikit.errors import ApiError, NotFoundError, TooManyRequestsError
from apikit.exception_handler import as_api_error
from apikit.wire import encode, to_wire
from realtime.close_codes import CloseCode
from realtime.commands import Envelope, TokenBucket, find_command, read_body, read_envelope
from realtime.connection import Connection
from realtime.endpoints import OnConnect
from realtime.events import MAIN_PROTOCOL
from realtime.field_errors import name_as_sent
from realtime.frames import Frame
from realtime.hub import Hub
from realtime.metrics import COMMANDS_SEEN
from realtime.people import person_key
from realtime.running import running_hub
from realtime.transport import Transport

AsgiMessage = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[AsgiMessage]]
Send = Callable[[AsgiMessage], Awaitable[None]]


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
            _transport(scope, send),
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
            await _run_commands(hub, connection, receive)
        finally:
            hub.detach(connection)


async def _connect(
    hub: Hub, connection: Connection, on_connect: OnConnect, parameters: Any
) -> None:
    try:
        await on_connect(hub, connection, **parameters)
    except Exception as error:  # noqa: BLE001 - outermost
        refusal = as_api_error(error)
        connection.push(_error(refusal))
        is_missing = isinstance(refusal, NotFoundError)
        connection.close(CloseCode.NOT_FOUND if is_missing else CloseCode.RESTARTING)


async def _run_commands(hub: Hub, connection: Connection, receive: Receive) -> None:
    bucket = TokenBucket(settings.WS_MAX_COMMANDS_PER_SECOND)
    while True:
        # Frames of a client that does not read its replies are not read.
        await connection.until_read()
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return
        if connection.is_closing:
            continue
        text = message.get("text")
        await _wait_for_budget(hub, connection, text)
        if text is None:
            connection.close(CloseCode.BAD_FRAME)
        elif len(text.encode()) > settings.WS_MAX_MESSAGE_BYTES:
            connection.close(CloseCode.TOO_LARGE)
        elif bucket.is_abused:
            connection.close(CloseCode.TOO_MANY_COMMANDS)
        else:
            await _run_command(hub, connection, text, bucket)


async def _wait_for_budget(hub: Hub, connection: Connection, text: str | None) -> None:
    """Delays frames of an address that sends or asks for too much, and reads none meanwhile."""
    delay_s = hub.backlog.input_delay_s(connection, len(text or ""), hub.now_s())
    if delay_s:
        await asyncio.sleep(delay_s)


async def _run_command(hub: Hub, connection: Connection, text: str, bucket: TokenBucket) -> None:
    """Runs the command of a frame and replies; converts all errors to error frames."""
    envelope = Envelope()
    connection.last_command_s = hub.now_s()
    is_admitted = bucket.take(connection.last_command_s)
    connection.is_busy = True
    try:
        envelope = read_envelope(text)
        if not is_admitted:
            raise TooManyRequestsError(retry_after_s=1)
        command = find_command(envelope)
        reply = await command.handler(hub, connection, read_body(command, envelope))
        fields = {} if reply is None else to_wire(reply)
        text = encode({"type": "reply", "ref": envelope.ref, "status": "ok", **fields})
        connection.reply(Frame(text))
        COMMANDS_SEEN.labels(command.name, "ok").inc()
    except Exception as error:  # noqa: BLE001 - outermost
        refusal = as_api_error(error)
        refusal.errors = name_as_sent(refusal.errors, envelope.body)
        connection.push(_error(refusal, envelope.ref))
        COMMANDS_SEEN.labels(envelope.known_type, refusal.code).inc()
    finally:
        connection.is_busy = False


def _error(error: ApiError, ref: Any = None) -> Frame:
    return Frame(encode({"type": "error", "ref": ref, **error.details()}))


def _transport(scope: AsgiMessage, send: Send) -> Transport:
    """Wraps the ASGI server as a :class:`Transport`.

    ASGI cannot drop a client or write a complete frame; our Uvicorn protocol adds extensions for
    both. With other servers, the consumer is cancelled and the server closes the socket.
    """
    consumer = asyncio.current_task()
    assert consumer is not None
    extensions = scope.get("extensions", {})
    abort = extensions.get("tallyroom.abort", consumer.cancel)
    write_frame = extensions.get("tallyroom.write_frame")
    buffered_bytes = extensions.get("tallyroom.buffered_bytes")

    async def send_text(text: str) -> None:
        await send({"type": "websocket.send", "text": text})

    async def send_close(code: CloseCode) -> None:
        await send({"type": "websocket.close", "code": code.value, "reason": code.reason})

    return Transport(send_text, send_close, abort, write_frame, buffered_bytes)


async def _until_disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "websocket.disconnect":
        pass
