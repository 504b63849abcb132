"""HTTP responses, in the form of the library, and of ASGI for refused handshakes."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from apikit.errors import ApiError, error_headers
from apikit.wire import encode

Response = dict[str, Any]

_JSON = ("Content-Type", "application/json")
_TEXT = ("Content-Type", "text/plain; charset=UTF-8")


def payload_response(payload: str) -> Response:
    """Returns the response to a GET that gets ``payload``."""
    return {"status": "200 OK", "headers": [_TEXT], "response": payload.encode()}


def error_response(error: ApiError) -> Response:
    """Returns the response for an error, in the format of the API."""
    status = error.http_status
    return {
        "status": f"{status.value} {status.phrase}",
        "headers": [_JSON, *error_headers(error).items()],
        "response": encode(error.as_body()).encode(),
        "error": error,
    }


async def send_refusal(
    scope: MutableMapping[str, Any], send: Callable[[Any], Awaitable[None]], error: ApiError
) -> None:
    """Answers a request or a handshake with ``error``.

    Servers that cannot answer a handshake with another status send 403.
    """
    prefix = "http.response"
    if scope["type"] == "websocket":
        prefix = "websocket.http.response"
        if prefix not in scope.get("extensions", {}):
            await send({"type": "websocket.close"})
            return
    body = encode(error.as_body()).encode()
    headers = {
        "content-type": "application/json",
        "content-length": str(len(body)),
        **error_headers(error),
    }
    pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    await send({"type": f"{prefix}.start", "status": error.http_status.value, "headers": pairs})
    await send({"type": f"{prefix}.body", "body": body})
