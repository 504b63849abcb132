"""Parses requests to upgrade a connection (RFC 9110, section 7.8; RFC 6455)."""

import base64
import binascii
from collections.abc import Iterable

Headers = Iterable[tuple[bytes, bytes]]

# Headers that request an upgrade, and the options of `Connection` that name them.
_UPGRADE_HEADERS = {b"upgrade", b"http2-settings"}
_KEY_BYTES = 16


def asks_for_websocket(headers: Headers) -> bool:
    """Whether WebSocket is among the protocols that the client offers."""
    offers = (value.lower() for name, value in headers if name == b"upgrade")
    return any(b"websocket" in _tokens(offer) for offer in offers)


def is_handshake(headers: Headers) -> bool:
    """Whether these headers of a GET are a WebSocket handshake (RFC 6455, section 4.2.1)."""
    named = dict(headers)
    has_body = b"transfer-encoding" in named or named.get(b"content-length", b"0").strip(b"0")
    try:
        key = base64.b64decode(named.get(b"sec-websocket-key", b""), validate=True)
    except binascii.Error:
        return False
    is_version_13 = named.get(b"sec-websocket-version") == b"13"
    return is_version_13 and len(key) == _KEY_BYTES and not has_body


def head_without_upgrade(method: bytes, url: bytes, version: bytes, headers: Headers) -> bytes:
    """The head of a request without the headers that request an upgrade."""
    lines = [b"%s %s HTTP/%s" % (method, url, version)]
    for name, value in headers:
        if name == b"connection":
            kept = [each for each in _tokens(value) if each.lower() not in _UPGRADE_HEADERS]
            lines.append(b"connection: " + b", ".join(kept))
        elif name not in _UPGRADE_HEADERS:
            lines.append(b"%s: %s" % (name, value))
    return b"\r\n".join([*lines, b"", b""])


def _tokens(value: bytes) -> list[bytes]:
    return [token.strip() for token in value.split(b",")]
