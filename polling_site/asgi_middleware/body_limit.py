"""Bounds request bodies, and gives chunked ones a Content-Length.

Django and DRF take a request without a Content-Length for one without a body. So a chunked body is
read here first, within the bound, and passed on with its length in the headers.
"""

from apikit.errors import ApiError, InvalidRequestError, RequestTooLargeError
from polling_site.asgi_middleware.messages import (
    AsgiApp,
    Message,
    Receive,
    Scope,
    Send,
    read_body_messages,
    replaying,
)
from polling_site.asgi_middleware.responses import send_error

_FRAMING = {b"content-length", b"transfer-encoding"}


class _BodyTooLargeError(Exception):
    pass


class BodyLimit:
    """ASGI middleware that refuses a body larger than ``max_bytes`` with ``error``.

    With ``streams``, for an application that needs no Content-Length, chunked bodies are not read
    first.
    """

    def __init__(
        self,
        app: AsgiApp,
        max_bytes: int,
        *,
        error: type[ApiError] = RequestTooLargeError,
        streams: bool = False,
    ) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._error = error
        self._streams = streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            announced = _announced_bytes(scope)
        except InvalidRequestError as error:
            await _refuse(scope, send, error)
            return
        if (announced or 0) > self._max_bytes:
            await _refuse(scope, send, self._error())
            return
        bounded = _bounded(receive, self._max_bytes)
        try:
            if announced is None and not self._streams:
                await self._call_with_length(scope, bounded, send)
            else:
                await self._app(scope, bounded, send)
        except _BodyTooLargeError:
            # Django reads the whole body before it responds, so nothing has been sent yet.
            await _refuse(scope, send, self._error())

    async def _call_with_length(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Reads the body, then calls the application; not if the client disconnects."""
        messages = await read_body_messages(receive)
        if messages is None:
            return
        body = b"".join(message.get("body") or b"" for message in messages)
        headers = [pair for pair in scope["headers"] if pair[0] not in _FRAMING]
        headers.append((b"content-length", str(len(body)).encode()))
        whole = {"type": "http.request", "body": body, "more_body": False}
        await self._app({**scope, "headers": headers}, replaying([whole], receive), send)


def _announced_bytes(scope: Scope) -> int | None:
    """The body's length according to the headers; None if only reading it can tell.

    :raises InvalidRequestError: for headers that contradict each other, or a transfer coding
        other than ``chunked``, which the server has decoded.
    """
    framing = [(name, value) for name, value in scope["headers"] if name in _FRAMING]
    if not framing:
        # Then there is no body, unless the request came by HTTP/2.
        return 0 if scope.get("http_version", "1.1").startswith("1.") else None
    [(name, value), *others] = framing
    if others:
        raise InvalidRequestError("The body's length is given more than once.")
    if name == b"transfer-encoding":
        if value.strip().lower() != b"chunked":
            raise InvalidRequestError("The only transfer coding understood is chunked.")
        return None
    if not value.isdigit():
        raise InvalidRequestError("Content-Length is not a number.")
    # int() refuses very long numbers.
    return int(value[-18:]) if not value[:-18].strip(b"0") else 10**18


def _bounded(receive: Receive, max_bytes: int) -> Receive:
    """Returns a ``receive`` that raises once it has read more than ``max_bytes``."""
    received_bytes = 0

    async def receive_counted() -> Message:
        nonlocal received_bytes
        message = await receive()
        received_bytes += len(message.get("body") or b"")
        if received_bytes > max_bytes:
            raise _BodyTooLargeError
        return message

    return receive_counted


async def _refuse(scope: Scope, send: Send, error: ApiError) -> None:
    # The unread rest of the body would be parsed as the next request.
    await send_error(scope, send, error, {"Connection": "close"})
