"""The address at which other machines of the local network reach this one."""

import socket
from contextlib import suppress
from ipaddress import ip_address

# Addresses for documentation (RFC 5737, RFC 3849): the system picks a route, and nothing is sent.
_PROBES = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))
_WILDCARDS = {"", "0.0.0.0", "::"}  # noqa: S104


def network_address(listening_on: str = "") -> str | None:
    """This machine's address on its network, as URLs write it; None where there is none.

    Asks the system each time, since a laptop changes networks; takes microseconds.

    :param listening_on: the address the server binds to; only a wildcard leaves a choice.
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
    """Whether a host name or address of a URL leads back to the machine that follows it."""
    name = host.lower().strip("[]").rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def is_ip_address(host: str) -> bool:
    """Whether the host of a URL is an address rather than a name."""
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _for_url(address: str) -> str:
    return f"[{address}]" if ":" in address else address
