"""Authenticates sockets: by token, or by the session of the site's pages.

:func:`identify_socketio` does so for the CONNECT packet of a Socket.IO client.
:func:`authenticate_sockets` is an ASGI middleware for native sockets: it sets ``actor`` or
``close_code`` in the scope for the consumer, and ``browser``, which identifies visitors for the
presence count.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from typing import Any
from urllib.parse import parse_qs, urlsplit

import structlog
from django.conf import settings
from django.db import Error as DatabaseError
from django.http import HttpRequest
from django.http.request import validate_host

from accounts.errors import AccountSuspendedError
from accounts.page_sessions import page_actor
from accounts.selectors import check_access
from accounts.tokens import read_access_token
from apikit.actors import Actor, visitor
from apikit.errors import InvalidRequestError, TokenInvalidError
from realtime.close_codes import CloseCode
from realtime.database import in_database
from realtime.socketio import Identity

log = structlog.get_logger(__name__)

Scope = MutableMapping[str, Any]
AsgiApp = Callable[[Scope, Any, Any], Awaitable[None]]

# Scheme, host and port.
Origin = tuple[str, str, int]

BEARER = "bearer"
_DEFAULT_PORTS = {"http": 80, "https": 443}

# The authentication methods in the AsyncAPI document.
SECURITY_SCHEMES: dict[str, dict[str, str]] = {
    "token-in-address": {
        "type": "httpApiKey",
        "in": "query",
        "name": "token",
        "description": "An access token: `/ws?token=<access token>`.",
    },
    "token-as-subprotocol": {
        "type": "httpApiKey",
        "in": "header",
        "name": "Sec-WebSocket-Protocol",
        "description": 'The pair `["bearer", "<access token>"]` as subprotocols. The server '
        "selects `bearer`. This keeps the token out of access logs.",
    },
    "session": {
        "type": "httpApiKey",
        "in": "cookie",
        "name": settings.SESSION_COOKIE_NAME,
        "description": "The session of the site's own pages. `Origin` must be an origin of the "
        "site.",
    },
}


class UnreadableOriginError(ValueError):
    """The Origin header is not an origin."""


def authenticate_sockets(app: AsgiApp) -> AsgiApp:
    """Wrap ``app`` so that each scope has an actor."""

    async def authenticated(scope: Scope, receive: Any, send: Any) -> None:
        scope = {
            **scope,
            "actor": visitor(),
            # The CSRF cookie, set by every page with a form and shared by all tabs of a browser.
            "browser": _cookie(scope, settings.CSRF_COOKIE_NAME) or "",
            **_chosen_subprotocol(scope),
        }
        try:
            scope["actor"] = await _find_actor(scope)
        except TokenInvalidError:
            scope["close_code"] = CloseCode.TOKEN_INVALID
        except AccountSuspendedError:
            scope["close_code"] = CloseCode.SUSPENDED
        except UnreadableOriginError:
            log.warning("socket refused: unreadable Origin header")
            scope["close_code"] = CloseCode.BAD_ORIGIN
        except DatabaseError as error:
            log.error("database unavailable", error=str(error))
            scope["close_code"] = CloseCode.RESTARTING
        await app(scope, receive, send)

    return authenticated


async def identify_socketio(scope: Scope, token: str | None) -> Identity:
    """Return who a Socket.IO client is, by the token in its ``auth`` or by the request.

    ``scope`` is that of the request with the CONNECT packet.

    :raises ApiError: if the token is invalid, the account suspended, or the Origin malformed.
    """
    try:
        actor = await _find_actor(scope, token or _bearer_token(scope))
    except UnreadableOriginError:
        raise InvalidRequestError(CloseCode.BAD_ORIGIN.reason) from None
    return Identity(actor, _cookie(scope, settings.CSRF_COOKIE_NAME) or "")


def find_page_actor(scope: Scope) -> Actor:
    """Return who sends a form of a page, by their session. The view checks the CSRF token."""
    session_key = _cookie(scope, settings.SESSION_COOKIE_NAME)
    return _actor_of_session(session_key) if session_key else visitor()


def _bearer_token(scope: Scope) -> str | None:
    scheme, _, token = _header(scope, b"authorization").partition(" ")
    return token.strip() if scheme.lower() == BEARER and token else None


async def _find_actor(scope: Scope, token: str | None = None) -> Actor:
    token = token or _token_of(scope)
    if token is not None:
        return await in_database(check_access, read_access_token(token))
    session_key = _cookie(scope, settings.SESSION_COOKIE_NAME)
    # Browsers send the cookie for pages of any site, so check that the page is ours.
    if session_key and _is_from_our_page(scope):
        return await in_database(_actor_of_session, session_key)
    return visitor()


def _token_of(scope: Scope) -> str | None:
    # Bounded with the headers, by REQUEST_MAX_HEADER_BYTES.
    query = parse_qs(scope["query_string"].decode("latin-1"))
    if "token" in query:
        return str(query["token"][0])
    subprotocols = scope.get("subprotocols", [])
    if len(subprotocols) == 2 and subprotocols[0].lower() == BEARER:
        return str(subprotocols[1])
    return None


def _chosen_subprotocol(scope: Scope) -> dict[str, str]:
    """Return the subprotocol to select: ``bearer``, never the token."""
    offered = scope.get("subprotocols", [])
    return {"subprotocol": offered[0]} if offered and offered[0].lower() == BEARER else {}


def _header(scope: Scope, name: bytes) -> str:
    for key, value in scope["headers"]:
        if key == name:
            return str(value.decode("latin-1"))
    return ""


def _cookie(scope: Scope, name: str) -> str | None:
    try:
        morsel = SimpleCookie(_header(scope, b"cookie")).get(name)
    except CookieError:
        return None
    return morsel.value if morsel else None


def _is_from_our_page(scope: Scope) -> bool:
    """Return whether the page that opened the socket has an origin of the site.

    :raises UnreadableOriginError: if the header is not an origin.
    """
    origin = _header(scope, b"origin")
    if not origin or origin == "null":
        return False
    sent = _parse_origin(origin)
    if sent is None:
        raise UnreadableOriginError
    return sent in {_own_origin(scope), *map(_parse_origin, settings.CSRF_TRUSTED_ORIGINS)}


def _own_origin(scope: Scope) -> Origin | None:
    """Return the origin that the socket was opened at, if its host is allowed.

    Behind a trusted proxy, the scheme already comes from ``X-Forwarded-Proto``.
    """
    scheme = "https" if scope.get("scheme") in {"wss", "https"} else "http"
    own = _parse_origin(f"{scheme}://{_header(scope, b'host')}")
    return own if own is not None and validate_host(own[1], settings.ALLOWED_HOSTS) else None


def _parse_origin(text: str) -> Origin | None:
    """Return scheme, host and port, or None if ``text`` is not an origin."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return parts.scheme, host, port or _DEFAULT_PORTS[parts.scheme]


def _actor_of_session(session_key: str) -> Actor:
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    actor = page_actor(request)
    if request.session.modified and not request.session.is_empty():
        request.session.save()
    return actor
