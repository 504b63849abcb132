"""A bound on request bodies, before Django writes them to a temporary file."""

from apikit.errors import RequestTooLargeError
from polling_site.plain_requests import AsgiApp, Message, Receive, Send, refuse


class _BodyTooLargeError(Exception):
    pass


def limit_body(app: AsgiApp, max_bytes: int) -> AsgiApp:
    """``app``, with 413 instead for a body that is announced or turns out to be larger."""

    async def limited(scope: Message, receive: Receive, send: Send) -> None:
        if _announced_bytes(scope) > max_bytes:
            await _refuse(scope, send)
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
            await _refuse(scope, send)

    return limited


def _announced_bytes(scope: Message) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            # The server has checked it already; what it lets through is a number.
            return int(value) if value.isdigit() else 0
    return 0


async def _refuse(scope: Message, send: Send) -> None:
    # What is left of the body would be read as the next request.
    await refuse(scope, send, RequestTooLargeError(), {"Connection": "close"})
