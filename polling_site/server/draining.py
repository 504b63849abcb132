"""Stops serving behind a load balancer without failing a request.

A proxy without health checks notices a stop only by a refused connection. So a stopping process
continues to serve for ``DRAIN_SECONDS`` and closes each connection after its next response. The
proxy's idle connections expire meanwhile (deploy/nginx.conf.template keeps them for less). Then
new connections are dropped, established ones are served, and the listening socket is closed.
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

# Time for the event loop to accept the connections established before new ones were dropped.
SETTLE_S = 0.5

_SO_ATTACH_FILTER = 26  # Linux; Python's socket module does not name it
# A classic BPF program: drop TCP segments with SYN and without ACK, let all others pass.
_DROP_NEW_CONNECTIONS = (
    (0x30, 0, 0, 13),  # load the flags of the TCP header
    (0x54, 0, 0, 0x12),  # keep SYN and ACK
    (0x15, 0, 1, 0x02),  # if only SYN is set,
    (0x06, 0, 0, 0),  # drop it,
    (0x06, 0, 0, 0xFFFFFFFF),  # else pass it
)

_is_draining = False


def is_draining() -> bool:
    """Whether this process is about to stop, although it still serves."""
    return _is_draining


async def drain(server: uvicorn.Server | None) -> None:
    """Serves until proxies use other processes, then stops accepting connections.

    Takes ``DRAIN_SECONDS`` + :data:`SETTLE_S`.
    """
    global _is_draining  # noqa: PLW0603 - a process stops once
    _is_draining = True
    log.info("stopping: draining connections", seconds=settings.DRAIN_SECONDS)
    await asyncio.sleep(settings.DRAIN_SECONDS)
    if server is None:
        return
    if server.config.workers == 1:
        drop_new_connections(
            listener.fileno() for each in server.servers for listener in each.sockets
        )
    # Otherwise the workers share the socket, and the parent process does it (server.serving).
    await asyncio.sleep(SETTLE_S)
    for each in server.servers:
        each.close()


def drop_new_connections(listeners: Iterable[int]) -> None:
    """Makes the kernel ignore new connections to these listening sockets (Linux only).

    Closing a listening socket resets connections that are established but not accepted yet, with
    the requests already sent on them. Without new ones, the event loop can accept them all first.
    A client whose SYN is dropped retries after a second, and is refused once the socket is closed.

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
            except OSError as error:  # a sandbox may not allow filters; a connection may be lost
                log.warning("cannot drop new connections", error=str(error))
