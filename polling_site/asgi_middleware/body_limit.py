"""Bounds request bodies, and gives all of them one form: with a Content-Length.

A client may send a body in chunks without saying how long it will be. Django and DRF take such a
request for one without a body, so what stands behind this middleware never sees one: the body is
read first, within the bound, and its length is written into the headers.
"""

from apikit.errors import ApiError, InvalidRequestError, RequestTooLargeError
from polling_site.fast_path.plain_requests import AsgiApp, Message, Receive, Send, refuse, replaying

_FRAMING = {b"content-length", b"transfer-encoding"}


class _BodyTooLargeError(Exception):
    pass


def limit_body(app: AsgiApp, max_bytes: int) -> AsgiApp:
    """``app``, with 413 instead for a body that is announced or turns out to be larger."""

    async def limited(scope: Message, receive: Receive, send: Send) -> None:
        try:
            announced = _announced_bytes(scope)
        except InvalidRequestError as error:
            await _refuse(scope, send, error)
            return
        if (announced or 0) > max_bytes:
            await _refuse(scope, send, RequestTooLargeError())
            return
        bounded = _bounded(receive, max_bytes)
        try:
            if announced is None:
                await _buffer(app, scope, bounded, send)
            else:
                await app(scope, bounded, send)
        except _BodyTooLargeError:
            # Django reads the whole body before it answers, so nothing has been sent yet.
            await _refuse(scope, send, RequestTooLargeError())

    return limited


def _announced_bytes(scope: Message) -> int | None:
    """How long the body is, as far as the headers say; None if it has to be read to find out.

    :raises InvalidRequestError: for headers that contradict each other, or a transfer coding
        other than ``chunked``, which the server has taken off.
    """
    framing = [(name, value) for name, value in scope["headers"] if name in _FRAMING]
    if not framing:
        # Before HTTP/2 there is no body then.
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
    """``receive``, which raises once more than ``max_bytes`` have come."""
    received_bytes = 0

    async def receive_counted() -> Message:
        nonlocal received_bytes
        message = await receive()
        received_bytes += len(message.get("body") or b"")
        if received_bytes > max_bytes:
            raise _BodyTooLargeError
        return message

    return receive_counted


async def _buffer(app: AsgiApp, scope: Message, receive: Receive, send: Send) -> None:
    """Calls ``app`` with the whole body and its length; not at all if the client goes away."""
    body, is_complete = bytearray(), False
    while not is_complete:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body += message.get("body") or b""
        is_complete = not message.get("more_body")
    headers = [pair for pair in scope["headers"] if pair[0] not in _FRAMING]
    headers.append((b"content-length", str(len(body)).encode()))
    whole = {"type": "http.request", "body": bytes(body), "more_body": False}
    await app({**scope, "headers": headers}, replaying([whole], receive), send)


async def _refuse(scope: Message, send: Send, error: ApiError) -> None:
    # What is left of the body would be read as the next request.
    await refuse(scope, send, error, {"Connection": "close"})
