"""Responses that the server writes itself, before a request reaches the application."""

from collections.abc import Iterable, Mapping

from apikit.errors import ApiError, error_headers
from apikit.ids import new_id
from apikit.wire import encode
from polling_site.security_headers import api_headers


def raw_error_response(
    error: ApiError, headers: Mapping[str, str], defaults: Iterable[tuple[bytes, bytes]]
) -> bytes:
    """A complete HTTP/1.1 error response that announces the end of the connection.

    :param defaults: the headers that the server adds to every response.
    """
    status, (named, body) = error.http_status, error_parts(error)
    lines = [
        f"HTTP/1.1 {status.value} {status.phrase}".encode(),
        *(b"%s: %s" % pair for pair in defaults),
        *(f"{name}: {value}".encode() for name, value in (named | lower(headers)).items()),
    ]
    return b"\r\n".join([*lines, b"", body])


def error_parts(error: ApiError) -> tuple[dict[str, str], bytes]:
    """Headers (names in lower case) and body of an error response that ends the connection."""
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
    """Returns ``headers`` with names in lower case."""
    return {name.lower(): value for name, value in headers.items()}
