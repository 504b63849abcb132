"""Finds the address of this machine on the local network."""

import socket
from contextlib import suppress
from ipaddress import ip_address

# Addresses for documentation (RFC 5737, RFC 3849): the system picks a route, and nothing is sent.
_PROBES = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))
_WILDCARDS = {"", "0.0.0.0", "::"}  # noqa: S104


def network_address(listening_on: str = "") -> str | None:
    """Return this machine's address on its network, in URL form; None if there is none.

    Asks the system on each call, because a laptop changes networks; takes microseconds.

    :param listening_on: the address that the server binds to, returned unless it is a wildcard.
    """
    if listening_on not in _WILDCARDS:
        return None if is_loopback(listening_on) else _for_url(listening_on)
    for family, probe in _PROBES:
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.connect((probe, 9))
            address = str(sock.getsockname()[0])
            if not is_loopback(address):
                return _for_url(address)
    return None


def is_loopback(host: str) -> bool:
    """Return whether the host of a URL is the machine that opens it."""
    name = host.lower().strip("[]").rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def is_ip_address(host: str) -> bool:
    """Return whether the host of a URL is an IP address, not a name."""
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _for_url(address: str) -> str:
    return f"[{address}]" if ":" in address else address
