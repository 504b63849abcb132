"""The client of a request or socket, as limits count clients."""

import functools
from collections.abc import Mapping
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Any

# An IPv6 client usually has a whole network of this size.
_IPV6_PREFIX_BITS = 64
# A text that is not an address, as a broken proxy may send, is cut to this length.
_MAX_CHARS = 64


@functools.lru_cache(maxsize=4096)
def network_of(address: str | None) -> str:
    """Return what counts as one client: an IPv4 address, or the /64 network of an IPv6 address.

    A text that is not an address counts as itself; no address, as with a UNIX socket, as "".
    """
    text = address or ""
    try:
        parsed = ip_address(text.partition("%")[0])
    except ValueError:
        return text[:_MAX_CHARS]
    if isinstance(parsed, IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ip_network((parsed, _IPV6_PREFIX_BITS), strict=False))


def client_network(scope: Mapping[str, Any]) -> str:
    """Return ``network_of`` the client of an ASGI scope, to which trusted proxies are applied."""
    client = scope.get("client")
    return network_of(str(client[0]) if client and client[0] else None)
