"""The Channels consumer behind every WebSocket: it reads frames and runs commands, one at a time.

It speaks as Phoenix channels do: a command may carry a ``ref``, which its reply or its error
carries back.
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
from realtime.endpoints import Opening
from realtime.events import MAIN_PROTOCOL
from realtime.field_errors import name_as_sent
from realtime.frames import Message
from realtime.hub import running_hub
from realtime.metrics import COMMANDS_SEEN
from realtime.people import person_key
from realtime.transport import Transport

AsgiMessage = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[AsgiMessage]]
Send = Callable[[AsgiMessage], Awaitable[None]]


class LiveConsumer(AsyncConsumer):
    """One socket. Whose it is stands in the scope: an ``actor``, or a ``close_code``.

    A ``browser`` in the scope tells which sockets of visitors belong to one person.

    ``opening`` is what an older door does by itself, with the connection and what the address
    names; ``dialect`` is how that door speaks.
    """

    # No channel of its own: the hub has one for the whole process.
    channel_layer_alias = "none"

    def __init__(self, dialect: str = MAIN_PROTOCOL, opening: Opening | None = None) -> None:
        self.dialect = dialect
        self.opening = opening

    # AsyncConsumer's own loop hops to a thread for each message, and makes two tasks.
    async def __call__(self, scope: AsgiMessage, receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect
        await send({"type": "websocket.accept", "subprotocol": scope.get("subprotocol")})
        hub = running_hub()
        connection = Connection(
            hub,
            _transport(scope, send),
            scope["actor"],
            self.dialect,
            address=client_network(scope),
            person=person_key(scope["actor"], scope.get("browser", "")),
        )
        refusal = scope.get("close_code") or hub.refusal_for(connection)
        if refusal is not None:
            connection.close(refusal)
            await _await_disconnect(receive)
            return
        hub.attach(connection)
        try:
            if self.opening is not None:
                await self._open(connection, self.opening, scope["url_route"]["kwargs"])
            await self._run_commands(connection, receive)
        finally:
            hub.detach(connection)

    async def _open(self, connection: Connection, opening: Opening, names: Any) -> None:
        try:
            await opening(connection, **names)
        except Exception as error:  # noqa: BLE001 - an outermost place
            refusal = as_api_error(error)
            connection.push(_error(refusal))
            is_missing = isinstance(refusal, NotFoundError)
            connection.close(CloseCode.NOT_FOUND if is_missing else CloseCode.RESTARTING)

    async def _run_commands(self, connection: Connection, receive: Receive) -> None:
        bucket = TokenBucket(settings.WS_MAX_COMMANDS_PER_SECOND)
        while True:
            # A client that does not read is not read either.
            await connection.until_read()
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return
            if connection.is_closing:
                continue
            text = message.get("text")
            await _wait_for_budget(connection, text)
            if text is None:
                connection.close(CloseCode.BAD_FRAME)
            elif len(text.encode()) > settings.WS_MAX_MESSAGE_BYTES:
                connection.close(CloseCode.TOO_LARGE)
            elif bucket.is_abused:
                connection.close(CloseCode.TOO_MANY_COMMANDS)
            else:
                await _run_command(connection, text, bucket)


async def _wait_for_budget(connection: Connection, text: str | None) -> None:
    """Delays large frames of an address that sends many; meanwhile its client is not read."""
    hub = connection.hub
    delay_s = hub.backlog.input_delay_s(connection, len(text or ""), hub.now_s())
    if delay_s:
        await asyncio.sleep(delay_s)


async def _run_command(connection: Connection, text: str, bucket: TokenBucket) -> None:
    """Runs what the frame asks for and answers; the one place where its errors end."""
    envelope = Envelope()
    connection.last_command_s = connection.hub.now_s()
    is_admitted = bucket.take(connection.last_command_s)
    connection.is_busy = True
    try:
        envelope = read_envelope(text)
        if not is_admitted:
            raise TooManyRequestsError(retry_after_s=1)
        command = find_command(envelope)
        reply = await command.handler(connection, read_body(command, envelope))
        fields = {} if reply is None else to_wire(reply)
        text = encode({"type": "reply", "ref": envelope.ref, "status": "ok", **fields})
        connection.push(Message(text))
        COMMANDS_SEEN.labels(command.name, "ok").inc()
    except Exception as error:  # noqa: BLE001 - an outermost place
        refusal = as_api_error(error)
        refusal.errors = name_as_sent(refusal.errors, envelope.body)
        connection.push(_error(refusal, envelope.ref))
        COMMANDS_SEEN.labels(envelope.known_type, refusal.code).inc()
    finally:
        connection.is_busy = False


def _error(error: ApiError, ref: Any = None) -> Message:
    return Message(encode({"type": "error", "ref": ref, **error.details()}))


def _transport(scope: AsgiMessage, send: Send) -> Transport:
    """What a connection does, in ASGI's words.

    ASGI has none for dropping a client and for writing a finished frame; our Uvicorn protocol
    adds them. Elsewhere the consumer itself is ended, and the server closes what is left.
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


async def _await_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "websocket.disconnect":
        pass
