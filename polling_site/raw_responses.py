"""Responses that are written before there is an application to ask."""

from collections.abc import Iterable, Mapping

from apikit.errors import ApiError, error_headers
from apikit.ids import new_id
from apikit.wire import encode
from polling_site.security_headers import api_headers


def raw_refusal(
    error: ApiError, headers: Mapping[str, str], defaults: Iterable[tuple[bytes, bytes]]
) -> bytes:
    """A complete HTTP/1.1 response that refuses a request and announces the connection's end.

    ``defaults`` are the headers that the server adds to each response.
    """
    status, body = error.http_status, encode(error.as_body()).encode()
    named = {
        "content-type": "application/json",
        "content-length": str(len(body)),
        "connection": "close",
        **api_headers(),
        **error_headers(error),
        **headers,
        "x-request-id": str(new_id()),
    }
    lines = [
        f"HTTP/1.1 {status.value} {status.phrase}".encode(),
        *(b"%s: %s" % pair for pair in defaults),
        *(f"{name.lower()}: {value}".encode() for name, value in named.items()),
    ]
    return b"\r\n".join([*lines, b"", body])
