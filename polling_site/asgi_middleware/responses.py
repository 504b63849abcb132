"""JSON responses sent by ASGI middleware, with the headers that Django's responses have."""

import functools
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from types import MappingProxyType

import structlog
from corsheaders.middleware import CorsMiddleware
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse

from apikit.errors import ApiError, error_headers
from apikit.exception_handler import as_api_error
from apikit.wire import encode
from polling_site.asgi_middleware.messages import Scope, Send
from polling_site.middleware.request_context import begin_request
from polling_site.security_headers import api_headers

log = structlog.get_logger(__name__)

HeaderPairs = Iterable[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class JsonResponse:
    """Status, encoded JSON and the headers that not every response has."""

    status: int
    body: bytes
    headers: Mapping[str, str]


def error_response(error: ApiError) -> JsonResponse:
    """The response for ``error``."""
    return JsonResponse(
        error.http_status.value, encode(error.as_body()).encode(), error_headers(error)
    )


async def respond(
    scope: Scope,
    send: Send,
    allow: str,
    work: Callable[[], Awaitable[JsonResponse]],
    cors: HeaderPairs = (),
) -> None:
    """Sends the response that ``work`` returns, or the one for the exception it raises.

    Errors end here: nothing outside of it handles them.

    :param allow: the ``Allow`` header.
    """
    started_s, request_id = time.perf_counter(), begin_request()
    try:
        response = await work()
    except Exception as error:  # noqa: BLE001 - outermost place of the request
        response = error_response(as_api_error(error))
    varying = {
        "Content-Length": str(len(response.body)),
        "Allow": allow,
        **response.headers,
        "X-Request-Id": request_id,
    }
    pairs = [*_constant_headers(), *cors, *encode_headers(varying)]
    await send({"type": "http.response.start", "status": response.status, "headers": pairs})
    await send({"type": "http.response.body", "body": response.body})
    if log.isEnabledFor(logging.DEBUG):
        log.debug(
            "request",
            method=scope["method"],
            path=scope["path"],
            status=response.status,
            ms=round((time.perf_counter() - started_s) * 1000, 1),
        )


async def send_error(
    scope: Scope, send: Send, error: ApiError, headers: Mapping[str, str] = MappingProxyType({})
) -> None:
    """Sends an error response from a middleware, with CORS headers where the origin is allowed."""

    async def work() -> JsonResponse:
        response = error_response(error)
        return replace(response, headers={**response.headers, **cors_headers(scope), **headers})

    await respond(scope, send, "POST, OPTIONS", work)


def cors_headers(scope: Scope) -> dict[str, str]:
    """The headers by which an allowed origin may read the response, as django-cors-headers sets."""
    response = _cors.add_response_headers(ASGIRequest(scope, BytesIO()), HttpResponse())
    return {name: value for name, value in response.items() if name.startswith("access-control-")}


_cors = CorsMiddleware(lambda _: HttpResponse())


def encode_headers(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """Headers as ASGI wants them."""
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


@functools.cache
def _constant_headers() -> list[tuple[bytes, bytes]]:
    return encode_headers({"Content-Type": "application/json", "Vary": "origin", **api_headers()})
