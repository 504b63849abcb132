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
    status, (named, body) = error.http_status, refusal_parts(error)
    lines = [
        f"HTTP/1.1 {status.value} {status.phrase}".encode(),
        *(b"%s: %s" % pair for pair in defaults),
        *(f"{name}: {value}".encode() for name, value in (named | lower(headers)).items()),
    ]
    return b"\r\n".join([*lines, b"", body])


def refusal_parts(error: ApiError) -> tuple[dict[str, str], bytes]:
    """Headers, with names in lower case, and the body of a refusal that ends the connection."""
    body = encode(error.as_body()).encode()
    headers = {
        "content-type": "application/json",
        "content-length": str(len(body)),
        "connection": "close",
        **lower(api_headers()),
        **lower(error_headers(error)),
        "x-request-id": str(new_id()),
    }
    return headers, body


def lower(headers: Mapping[str, str]) -> dict[str, str]:
    """``headers`` with their names in lower case."""
    return {name.lower(): value for name, value in headers.items()}
