"""Plain requests: what the express lane can tell at a glance, and how it answers.

A request is plain when it says nothing that would change its answer, other than what is read here.
"""

import functools
import logging
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass, replace
from io import BytesIO
from types import MappingProxyType
from typing import Any

import structlog
from corsheaders.middleware import CorsMiddleware
from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse
from django.http.request import split_domain_port, validate_host

from apikit.errors import ApiError, error_headers
from apikit.exception_handler import as_api_error
from apikit.idempotency import MAX_KEY_CHARS
from apikit.wire import encode
from polling_site.middleware.request_context import begin_request
from polling_site.security_headers import api_headers

log = structlog.get_logger(__name__)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Message, Receive, Send], Awaitable[None]]

UUID_PATTERN = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
# Headers that change nothing. A request with any other one, such as Origin (CORS) or
# Content-Encoding, is not plain.
_IGNORED = {
    b"user-agent", b"connection", b"accept-encoding", b"accept-language", b"cache-control",
    b"pragma", b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"x-real-ip",
    b"traceparent", b"tracestate", b"x-request-id", b"dnt", b"priority",
}  # fmt: skip
_ACCEPTABLE = {b"*/*", b"application/json", b"application/json, text/plain, */*"}
_CONTENT_TYPES = {b"application/json", b"application/json; charset=utf-8"}


@dataclass(slots=True)
class Plain:
    """What the headers of a plain request say."""

    token: str = ""
    key: str | None = None
    is_json: bool = False
    body_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    headers: Mapping[str, str]


def read_headers(scope: Message) -> Plain | None:
    """What the headers say; None when the request isn't plain."""
    if scope["query_string"]:
        return None
    plain = Plain()
    seen: set[bytes] = set()
    for name, value in scope["headers"]:
        if name in _IGNORED:
            continue
        # Django joins repeated headers, which changes what they say.
        if name in seen:
            return None
        seen.add(name)
        if name == b"accept" and value in _ACCEPTABLE:
            continue
        if not (
            _read_header(plain, name, value)
            or (name == b"host" and _is_ours(value, tuple(settings.ALLOWED_HOSTS)))
        ):
            return None
    # Without a host Django takes the server's address, which may not be allowed.
    return plain if b"host" in seen else None


def _read_header(plain: Plain, name: bytes, value: bytes) -> bool:
    """Whether the header says something that is understood here."""
    if name == b"authorization" and value[:7].lower() == b"bearer ":
        plain.token = value[7:].decode("latin-1").strip()
        return bool(plain.token)
    if name == b"idempotency-key" and _is_key(value):
        plain.key = value.decode("ascii")
    elif name == b"content-type" and value.lower() in _CONTENT_TYPES:
        plain.is_json = True
    elif name == b"content-length" and re.fullmatch(rb"[0-9]{1,9}", value):
        plain.body_bytes = int(value)
    else:
        return False
    return True


def _is_key(value: bytes) -> bool:
    return 0 < len(value) <= MAX_KEY_CHARS and value.isascii() and value.decode().isprintable()


@functools.lru_cache(maxsize=64)
def _is_ours(host: bytes, allowed: tuple[str, ...]) -> bool:
    domain, _ = split_domain_port(host.decode("latin-1"))
    return bool(domain) and validate_host(domain, allowed)


def replaying(messages: Iterable[Message], receive: Receive) -> Receive:
    """A ``receive`` that begins again with ``messages``, which have been taken from it."""
    waiting = iter(messages)

    async def replay() -> Message:
        return next(waiting, None) or await receive()

    return replay


def _as_pairs(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]


@functools.cache
def _same_headers() -> list[tuple[bytes, bytes]]:
    """What every answer says."""
    return _as_pairs({"Content-Type": "application/json", "Vary": "origin", **api_headers()})


async def respond(
    scope: Message, send: Send, allow: str, work: Callable[[], Awaitable[Answer]]
) -> None:
    """Answers with what ``work`` gives, or with its refusal, as Django's views are answered.

    The outermost place of such a request: what goes wrong in it ends here.
    """
    started_s, request_id = time.perf_counter(), begin_request()
    try:
        answer = await work()
    except Exception as error:  # noqa: BLE001 - an outermost place
        answer = refusal(as_api_error(error))
    varying = {
        "Content-Length": str(len(answer.body)),
        "Allow": allow,
        **answer.headers,
        "X-Request-Id": request_id,
    }
    pairs = [*_same_headers(), *_as_pairs(varying)]
    await send({"type": "http.response.start", "status": answer.status, "headers": pairs})
    await send({"type": "http.response.body", "body": answer.body})
    if log.isEnabledFor(logging.DEBUG):
        log.debug(
            "request",
            method=scope["method"],
            path=scope["path"],
            status=answer.status,
            ms=round((time.perf_counter() - started_s) * 1000, 1),
        )


async def refuse(
    scope: Message, send: Send, error: ApiError, headers: Mapping[str, str] = MappingProxyType({})
) -> None:
    """Refuses what was posted, before anything has been done for it."""

    async def give() -> Answer:
        answer = refusal(error)
        return replace(answer, headers={**answer.headers, **_cors_headers(scope), **headers})

    await respond(scope, send, "POST, OPTIONS", give)


_cors = CorsMiddleware(lambda _: HttpResponse())


def _cors_headers(scope: Message) -> dict[str, str]:
    """What lets a page on another origin see the answer, as on answers that come through Django."""
    response = _cors.add_response_headers(ASGIRequest(scope, BytesIO()), HttpResponse())
    return {name: value for name, value in response.items() if name.startswith("access-control-")}


def refusal(error: ApiError) -> Answer:
    """What a refused request is answered."""
    return Answer(error.http_status.value, encode(error.as_body()).encode(), error_headers(error))
