"""A bound on request bodies, before Django writes them to a temporary file."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from apikit.errors import RequestTooLargeError
from apikit.wire import encode

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]


class _BodyTooLargeError(Exception):
    pass


def limit_body(app: AsgiApp, max_bytes: int) -> AsgiApp:
    """``app``, with 413 instead for a body that is announced or turns out to be larger."""

    async def limited(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if _announced_bytes(scope) > max_bytes:
            await _refuse(send)
            return
        received_bytes = 0

        async def receive_counted() -> Message:
            nonlocal received_bytes
            message = await receive()
            received_bytes += len(message.get("body") or b"")
            if received_bytes > max_bytes:
                raise _BodyTooLargeError
            return message

        try:
            await app(scope, receive_counted, send)
        except _BodyTooLargeError:
            # Django reads the whole body before it answers, so nothing has been sent yet.
            await _refuse(send)

    return limited


def _announced_bytes(scope: MutableMapping[str, Any]) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            # The server has checked it already; what it lets through is a number.
            return int(value) if value.isdigit() else 0
    return 0


async def _refuse(send: Send) -> None:
    body = encode(RequestTooLargeError().as_body()).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send(
        {
            "type": "http.response.start",
            "status": RequestTooLargeError.http_status.value,
            "headers": headers,
        }
    )
    await send({"type": "http.response.body", "body": body})
