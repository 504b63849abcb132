"""Which URLs and addresses webhooks may lead to: the only place of these rules.

A URL is checked when it is saved, and the address each time a connection is opened, after the name
was resolved, because names can lead elsewhere at any time (DNS rebinding).
"""

import re
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, quote, urlsplit

from django.conf import settings

from apikit.errors import ValidationFailedError
from apikit.network import is_ip_address, is_loopback
from apikit.origins import normal_host
from apikit.text import has_control_characters
from webhooks.models import URL_MAX_CHARS

_USUAL_PORTS = {"https": 443, "http": 80}
# Below are the ports of mail servers, remote shells and the like.
_FIRST_FREE_PORT = 1024
_V6_UNICAST = IPv6Network("2000::/3")
# Addresses that stand for an IPv4 address, or lead to one: 6to4 and Teredo. NAT64 and mapped
# addresses are outside of the global unicast addresses.
_V6_TRANSITIONS = (IPv6Network("2002::/16"), IPv6Network("2001::/32"))
_PATH_SAFE = "/:@!$&'()*+,;=~-._%"
_QUERY_SAFE = _PATH_SAFE + "?"


def is_allowed_address(address: str) -> bool:
    """Return whether webhooks may connect to an IP address.

    Only public ones, unless ``WEBHOOKS_ALLOW_PRIVATE``.
    """
    return settings.WEBHOOKS_ALLOW_PRIVATE or _is_public(ip_address(address))


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv4Address):
        return address.is_global and not address.is_multicast
    is_transition = any(address in network for network in _V6_TRANSITIONS)
    return address in _V6_UNICAST and address.is_global and not is_transition


def check_url(url: str) -> str:
    """Return the URL in ASCII, with a normalized host.

    :raises ValidationFailedError: for URLs that webhooks may not have.
    """
    try:
        return _normal_url(url)
    except ValueError as error:
        raise ValidationFailedError.of("url", str(error)) from error


def _normal_url(url: str) -> str:
    allows_private = settings.WEBHOOKS_ALLOW_PRIVATE
    if has_control_characters(url) or re.search(r"[\s\\]", url):
        raise ValueError("Spaces, backslashes and control characters are not allowed.")
    parts = _split(url)
    if parts.scheme != "https" and not (allows_private and parts.scheme == "http"):
        raise ValueError("Must begin with https://.")
    if parts.username is not None or parts.password is not None:
        raise ValueError("Must not contain a user name or password.")
    if not parts.hostname:
        raise ValueError("Must contain a host name.")
    host = _normal_host(parts.hostname)
    usual_port = _USUAL_PORTS[parts.scheme]
    port = usual_port if parts.port is None else parts.port
    if not allows_private and port not in _USUAL_PORTS.values() and port < _FIRST_FREE_PORT:
        raise ValueError("Must use port 443, 80, or one from 1024.")
    path = quote(parts.path or "/", safe=_PATH_SAFE)
    query = f"?{quote(parts.query, safe=_QUERY_SAFE)}" if parts.query else ""
    normal = f"{parts.scheme}://{host}{'' if port == usual_port else f':{port}'}{path}{query}"
    if len(normal) > URL_MAX_CHARS:
        raise ValueError(f"At most {URL_MAX_CHARS} characters.")
    return normal


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        # Reading the port checks it.
        parts.port  # noqa: B018
    except ValueError as error:
        raise ValueError("Must be a valid URL.") from error
    return parts


def _normal_host(host: str) -> str:
    try:
        # urlsplit() has removed the brackets of IPv6 addresses.
        normal = normal_host(f"[{host}]" if ":" in host else host)
    except ValueError as error:
        raise ValueError("Must contain a valid host name.") from error
    bare = normal.strip("[]")
    is_refused = is_loopback(bare) or (is_ip_address(bare) and not is_allowed_address(bare))
    if is_refused and not settings.WEBHOOKS_ALLOW_PRIVATE:
        raise ValueError("Must lead to a public address.")
    return normal
