"""Leaving a load balancer's pool without failing a request.

A proxy that does not probe its servers learns of a stop only by a refused connection, so a stopping
process goes on serving for ``DRAIN_SECONDS`` and ends each connection with the response on it. The
proxy's idle connections run out meanwhile (deploy/nginx.conf.template keeps them for less). Then
new connections are turned away, those that are established already are served, and the listening
socket is closed.
"""

import asyncio
import ctypes
import os
import socket
import struct
import sys
from collections.abc import Iterable

import structlog
import uvicorn
from django.conf import settings

log = structlog.get_logger(__name__)

# How long the event loop has to accept what was established before connections were turned away.
SETTLE_S = 0.5

_SO_ATTACH_FILTER = 26  # Linux; Python's socket module does not name it
# A classic BPF program: drop TCP segments with SYN and without ACK, let all others pass.
_DROP_NEW_CONNECTIONS = (
    (0x30, 0, 0, 13),  # load the flags of the TCP header
    (0x54, 0, 0, 0x12),  # keep SYN and ACK
    (0x15, 0, 1, 0x02),  # only SYN?
    (0x06, 0, 0, 0),  # then drop it
    (0x06, 0, 0, 0xFFFFFFFF),  # else pass it on
)

_is_draining = False


def is_draining() -> bool:
    """Whether this process is about to stop, though it still serves."""
    return _is_draining


async def drain(server: uvicorn.Server | None) -> None:
    """Serves on until proxies use other processes, then stops accepting connections.

    Takes ``DRAIN_SECONDS`` and :data:`SETTLE_S`.
    """
    global _is_draining  # noqa: PLW0603 - a process stops once
    _is_draining = True
    log.info("stopping: draining connections", seconds=settings.DRAIN_SECONDS)
    await asyncio.sleep(settings.DRAIN_SECONDS)
    if server is None:
        return
    if server.config.workers == 1:
        turn_away_new_connections(
            listener.fileno() for each in server.servers for listener in each.sockets
        )
    # Else the socket is shared, and the parent process does it, see polling_site.server.serving.
    await asyncio.sleep(SETTLE_S)
    for each in server.servers:
        each.close()


def turn_away_new_connections(listeners: Iterable[int]) -> None:
    """Has the kernel ignore attempts to connect to these listening sockets (Linux only).

    Connections that are established but not accepted yet would be reset when a listening socket
    closes, with the requests already sent on them. With no new ones coming in, the event loop can
    accept them all first. A client whose attempt is ignored tries again after a second, and is
    refused once the socket is closed.

    :param listeners: file descriptors.
    """
    if not sys.platform.startswith("linux"):
        return
    code = b"".join(struct.pack("HBBI", *step) for step in _DROP_NEW_CONNECTIONS)
    program = ctypes.create_string_buffer(code)
    option = struct.pack("HL", len(_DROP_NEW_CONNECTIONS), ctypes.addressof(program))
    for listener in listeners:
        with socket.socket(fileno=os.dup(listener)) as sock:
            try:
                sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, option)
            except OSError as error:  # a sandbox without filters: a connection may be lost
                log.warning("new connections are not turned away", error=str(error))
