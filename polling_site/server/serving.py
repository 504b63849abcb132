"""Runs Uvicorn, with one process (embedded) or several on one port."""

import errno
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Sequence

import uvicorn
from django.conf import settings
from django.db import connections
from uvicorn.supervisors import Multiprocess

from polling_site.server.connection_limits import raise_file_limit
from polling_site.server.draining import drop_new_connections
from polling_site.server.http_protocol import HttpProtocol
from polling_site.server.job_workers import job_workers
from polling_site.server.websocket_protocol import WebSocketProtocol
from realtime.socketio.relay import DIRECTORY_VARIABLE

# Above WS_MAX_MESSAGE_BYTES, so that the consumer can close with a code and a reason.
_FRAME_MARGIN = 4
LISTEN_BACKLOG = 2048
# Time for all workers to import the site and connect to the database.
START_TIMEOUT_S = 60


class CannotListenError(Exception):
    """Cannot listen on HOST and PORT; the text tells operators why."""


def bind() -> socket.socket:
    """Binds a socket to ``HOST`` and ``PORT``, without listening yet.

    :raises CannotListenError: if the address is in use or not available.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.HOST, settings.PORT, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        sock = socket.socket(family, kind, protocol)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
    except OSError as error:
        raise CannotListenError(_describe(error)) from error
    sock.set_inheritable(True)
    return sock


def _describe(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {settings.PORT} is in use by another program. "
            "Stop it, or choose another port with PORT."
        )
    if error.errno == errno.EACCES:
        return f"Port {settings.PORT} needs root privileges. Choose one above 1023 with PORT."
    return f"Cannot listen on {settings.HOST}:{settings.PORT}: {error.strerror}. See HOST and PORT."


def serve(
    sock: socket.socket, processes: int, announce: Callable[[], None], workers: int = 0
) -> None:
    """Serves on a bound socket until stopped; calls ``announce`` once it accepts connections.

    Meanwhile, so many ``workers`` run background jobs in processes of their own.

    :raises CannotListenError: if another process listens on the address already.
    """
    raise_file_limit()
    # Checks in this thread must not keep a connection of the pool.
    connections.close_all()
    config = _configure(processes)
    if processes > 1:
        _collect_metrics_of_all_processes()
    with job_workers(workers):
        _serve(config, sock, announce)


def _serve(config: uvicorn.Config, sock: socket.socket, announce: Callable[[], None]) -> None:
    if config.workers > 1:
        with tempfile.TemporaryDirectory(prefix="tallyroom-") as directory:
            os.environ[DIRECTORY_VARIABLE] = directory
            _Workers(config, [sock], announce).run()
        return
    server = _AnnouncingServer(config, announce)
    try:
        server.run(sockets=[sock])
    except KeyboardInterrupt:  # raised again by Uvicorn after a graceful stop
        return
    except OSError as error:
        raise CannotListenError(_describe(error)) from error
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
        # Deflate takes 2.8 times the memory and 1.6 times the CPU time with frames of 450 bytes.
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
    """Uvicorn's supervisor, which also announces the start, and drains before it stops."""

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
            # The workers share the socket, so only their parent can stop new connections.
            time.sleep(settings.DRAIN_SECONDS)
            drop_new_connections(sock.fileno() for sock in self.sockets)
        for sock in self.sockets:
            sock.close()


def _collect_metrics_of_all_processes() -> None:
    """Makes workers write their metrics to files, so that each can report those of all."""
    directory = settings.VAR_DIR / "metrics" / str(settings.PORT)
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(directory)
