"""Network addresses of clients, as limits count them."""

import ipaddress
from collections.abc import Mapping
from typing import Any


def client_network(scope: Mapping[str, Any]) -> str:
    """The address behind an ASGI scope, or "" where the server does not know it.

    The server has already replaced the address of a trusted proxy. An IPv6 client has a whole
    /64 network to choose addresses from, so that network counts as one address.
    """
    client = scope.get("client")
    host = str(client[0]) if client and client[0] else ""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((address, 64), strict=False))
