"""Recognizes plain requests, which the fast path may answer.

A request is plain if every header is either inert (the API does not read it) or understood here.
Anything else, such as a repeated header or an unusual value, makes it not plain.
"""

import functools
import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from apikit.idempotency import MAX_KEY_CHARS
from polling_site.asgi_middleware.messages import Scope
from polling_site.asgi_middleware.responses import cors_headers, encode_headers

UUID_PATTERN = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
# Headers that no view, serializer or middleware of the API reads. Cookies are among them: only
# pages have sessions, the API authenticates by token.
_INERT = {
    # Every client
    b"user-agent", b"connection", b"keep-alive", b"accept-encoding", b"accept-language",
    b"cache-control", b"pragma", b"cookie", b"referer", b"te", b"dnt", b"priority", b"save-data",
    b"upgrade-insecure-requests", b"x-requested-with",
    # Browsers, and fetch() of Node
    b"sec-fetch-site", b"sec-fetch-mode", b"sec-fetch-dest", b"sec-fetch-user",
    b"sec-fetch-storage-access", b"sec-gpc", b"sec-purpose", b"sec-ch-ua", b"sec-ch-ua-mobile",
    b"sec-ch-ua-platform", b"sec-ch-prefers-color-scheme", b"sec-ch-prefers-reduced-motion",
    # Proxies and tracing
    b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"x-forwarded-port",
    b"x-real-ip", b"via", b"traceparent", b"tracestate", b"x-request-id",
}  # fmt: skip
_ACCEPTABLE = {b"*/*", b"application/json", b"application/json, text/plain, */*"}
_CONTENT_TYPES = {b"application/json", b"application/json; charset=utf-8"}


@dataclass(slots=True)
class PlainRequest:
    """What the headers of a plain request say."""

    host: bytes = b""
    origin: bytes = b""
    token: str = ""
    key: str | None = None
    is_json: bool = False
    body_bytes: int = 0

    def cors_headers(self) -> Iterable[tuple[bytes, bytes]]:
        """The CORS headers of the response."""
        if not self.origin:
            return ()
        return _cors_headers(
            self.origin, settings.CORS_ALLOW_ALL_ORIGINS, tuple(settings.CORS_ALLOWED_ORIGINS)
        )


def read_headers(scope: Scope) -> PlainRequest | None:
    """Reads the headers; returns None if the request is not plain."""
    if scope["query_string"] or scope.get("root_path"):
        return None
    plain = PlainRequest()
    seen: set[bytes] = set()
    for name, value in scope["headers"]:
        if name in _INERT:
            continue
        # Django joins repeated headers, which changes their meaning.
        if name in seen or not _read_header(plain, name, value):
            return None
        seen.add(name)
    # Without a Host header, Django takes the server's address, which may not be allowed.
    return plain if plain.host and _is_same_origin(plain) else None


def _read_header(plain: PlainRequest, name: bytes, value: bytes) -> bool:
    """Reads one header; returns whether it is understood."""
    if name == b"host" and _is_allowed_host(value, tuple(settings.ALLOWED_HOSTS)):
        plain.host = value
    elif name == b"content-length" and re.fullmatch(rb"[0-9]{1,9}", value):
        plain.body_bytes = int(value)
    elif name == b"content-type" and value.lower() in _CONTENT_TYPES:
        plain.is_json = True
    elif name == b"authorization" and value[:7].lower() == b"bearer ":
        plain.token = value[7:].decode("latin-1").strip()
        return bool(plain.token)
    elif name == b"idempotency-key" and _is_key(value):
        plain.key = value.decode("ascii")
    elif name == b"origin":
        plain.origin = value
        return bool(value)
    else:
        return name == b"accept" and value in _ACCEPTABLE
    return True


def _is_key(value: bytes) -> bool:
    return 0 < len(value) <= MAX_KEY_CHARS and value.isascii() and value.decode().isprintable()


@functools.lru_cache(maxsize=64)
def _is_allowed_host(host: bytes, allowed: tuple[str, ...]) -> bool:
    domain, _ = split_domain_port(host.decode("latin-1"))
    return bool(domain) and validate_host(domain, allowed)


def _is_same_origin(plain: PlainRequest) -> bool:
    """Whether the page that sent the request is the site's own; requests of other origins are rare.

    The scheme is not compared: behind a proxy that is not trusted it is unknown.
    """
    scheme, _, host = plain.origin.partition(b"://")
    return not plain.origin or (host == plain.host and scheme in {b"http", b"https"})


@functools.lru_cache(maxsize=64)
def _cors_headers(
    origin: bytes,
    allows_all: bool,  # noqa: FBT001 - a part of the cache's key, as `allowed`
    allowed: tuple[str, ...],
) -> list[tuple[bytes, bytes]]:
    scope = {"type": "http", "method": "GET", "path": "/api/", "headers": [(b"origin", origin)]}
    return encode_headers(cors_headers(scope))
