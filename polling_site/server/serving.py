"""Uvicorn, as the product runs it: embedded in one process, or several on one port."""

import errno
import os
import shutil
import socket
import time
from collections.abc import Callable, Sequence

import uvicorn
from django.conf import settings
from django.db import connections
from uvicorn.supervisors import Multiprocess

from polling_site.server.connection_limits import raise_file_limit
from polling_site.server.draining import turn_away_new_connections
from polling_site.server.http_protocol import HttpProtocol
from polling_site.server.websocket_protocol import WebSocketProtocol

# Above our own bound, at which the consumer closes with a code and a reason.
_FRAME_MARGIN = 4
LISTEN_BACKLOG = 2048
# For all workers to import the site and reach the database.
START_TIMEOUT_S = 60


class CannotListenError(Exception):
    """The address to listen on is taken or not this machine's; its text says so to operators."""


def bind() -> socket.socket:
    """The socket of ``HOST`` and ``PORT``, which nobody can connect to yet.

    :raises CannotListenError: when it can't be had.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.HOST, settings.PORT, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        sock = socket.socket(family, kind, protocol)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
    except OSError as error:
        raise CannotListenError(_why_not(error)) from error
    sock.set_inheritable(True)
    return sock


def _why_not(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {settings.PORT} is in use by another program. "
            "Stop that, or choose another port with PORT."
        )
    if error.errno == errno.EACCES:
        return f"Port {settings.PORT} is not for ordinary users. Choose one from 1024 with PORT."
    return f"Cannot listen on {settings.HOST}:{settings.PORT}: {error.strerror}. See HOST and PORT."


def serve(sock: socket.socket, processes: int, announce: Callable[[], None]) -> None:
    """Serves on a bound socket until told to stop; announces once connections are accepted.

    :raises CannotListenError: when another process was the first to listen.
    """
    raise_file_limit()
    # What checked the database in this thread must not keep a connection of the pool.
    connections.close_all()
    config = _configure(processes)
    if processes > 1:
        _collect_metrics_of_all_processes()
        _Workers(config, [sock], announce).run()
        return
    server = _AnnouncingServer(config, announce)
    try:
        server.run(sockets=[sock])
    except KeyboardInterrupt:  # raised again by Uvicorn after a graceful stop
        return
    except OSError as error:
        raise CannotListenError(_why_not(error)) from error
    if not server.started:
        raise SystemExit(1)


def _configure(processes: int) -> uvicorn.Config:
    return uvicorn.Config(
        "polling_site.asgi:application",
        host=settings.HOST,
        port=settings.PORT,
        workers=processes,
        loop="uvloop",
        http=HttpProtocol,
        ws=WebSocketProtocol,
        ws_max_size=settings.WS_MAX_MESSAGE_BYTES * _FRAME_MARGIN,
        # Deflating takes 2.8 times the memory and 1.6 times the time, for frames of 450 bytes.
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=settings.TRUSTED_PROXIES,
        backlog=LISTEN_BACKLOG,
        timeout_keep_alive=settings.KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=settings.SHUTDOWN_SECONDS,
    )


class _AnnouncingServer(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, announce: Callable[[], None]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._announce()


class _Workers(Multiprocess):
    """Uvicorn's supervisor, which also announces the start, and drains when all workers stop."""

    def __init__(
        self, config: uvicorn.Config, sockets: Sequence[socket.socket], announce: Callable[[], None]
    ) -> None:
        super().__init__(config, list(sockets))
        self._announce = announce
        self._drains = False

    def init_processes(self) -> None:
        super().init_processes()
        if all(each.wait_until_ready(START_TIMEOUT_S, self.should_exit) for each in self.processes):
            self._announce()

    def handle_term(self) -> None:
        super().handle_term()
        self._drains = True

    def terminate_all(self) -> None:
        super().terminate_all()
        if self._drains:
            # The workers share the socket, so that none of them can turn anybody away from it.
            time.sleep(settings.DRAIN_SECONDS)
            turn_away_new_connections(sock.fileno() for sock in self.sockets)
        for sock in self.sockets:
            sock.close()


def _collect_metrics_of_all_processes() -> None:
    """Has the workers, which start after this, write their figures where each can read them."""
    directory = settings.VAR_DIR / "metrics" / str(settings.PORT)
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(directory)
