"""Normalizes hosts and origins to the form that browsers send."""

import re
from ipaddress import IPv6Address
from urllib.parse import urlsplit

import idna

_USUAL_PORTS = {"http": 80, "https": 443}
_ASCII_HOST = re.compile(r"\.?[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?")


def normal_host(text: str) -> str:
    """Return a host in lower-case ASCII, without a trailing dot.

    Keeps a leading dot, which in ``ALLOWED_HOSTS`` means all subdomains.

    :raises ValueError: for a text that is not a host.
    """
    host = text.lower().removesuffix(".")
    if host.startswith("["):
        return f"[{IPv6Address(host[1:].removesuffix(']'))}]"
    if not host.isascii():
        dot = "." if host.startswith(".") else ""
        host = dot + idna.encode(host.removeprefix("."), uts46=True).decode()
    if not _ASCII_HOST.fullmatch(host):
        raise ValueError("a host name")
    return host


def normal_origin(text: str) -> str:
    """Return an origin as browsers send it: lower-case ASCII, no default port, no trailing slash.

    :raises ValueError: for a text that is not an origin, such as a URL with a path.
    """
    parts = urlsplit(text)
    usual_port = _USUAL_PORTS.get(parts.scheme)
    is_bare = parts.path in {"", "/"} and not re.search(r"[?#@\s\\]", text)
    if usual_port is None or not is_bare or not parts.hostname or parts.port == 0:
        raise ValueError("an origin")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = "" if parts.port in {None, usual_port} else f":{parts.port}"
    return f"{parts.scheme}://{normal_host(host)}{port}"
