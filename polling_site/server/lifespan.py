"""Starts and stops what runs with a server process."""

import asyncio
import signal
import time
from collections.abc import MutableMapping
from types import FrameType
from typing import Any

import structlog
import uvicorn
from django.conf import settings

from accounts.emails import flush_emails
from apikit.background import report_failed_task
from chat.writer import stop_writer as stop_message_writer
from jobs.local_worker import start_worker, stop_worker
from polling_site.server import draining
from realtime.running import running_hub, stop_hub
from votes.writer import stop_writer

log = structlog.get_logger(__name__)

# Workers may get a signal twice: from a supervisor that signals the group, and from the parent.
SAME_SIGNAL_S = 2.0


async def lifespan(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
    """The ASGI lifespan: starts the hub, and stops jobs, writers, emails and hub in this order.

    At the shutdown message the server has finished its requests, so only abandoned votes and
    messages are left for the writers. Embedded, jobs run in this process too.
    """
    await receive()  # lifespan.startup
    running_hub()
    if settings.RUNS_JOBS:
        start_worker()
    _drain_before_stopping()
    await send({"type": "lifespan.startup.complete"})
    await receive()  # lifespan.shutdown
    await asyncio.to_thread(stop_worker, settings.SHUTDOWN_SECONDS)
    await asyncio.to_thread(stop_writer)
    await asyncio.to_thread(stop_message_writer)
    await asyncio.to_thread(flush_emails)
    await stop_hub()
    await send({"type": "lifespan.shutdown.complete"})


def _drain_before_stopping() -> None:
    """Installs signal handlers that finish requests and sockets before the server stops.

    The server's own handler would close sockets in the middle of a command. A second signal goes
    to it directly. In production, SIGTERM drains requests first.
    """
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        servers_handler = signal.getsignal(signal_number)
        if callable(servers_handler):  # else the server handles no signals
            signal.signal(signal_number, _Stop(asyncio.get_running_loop(), servers_handler))


class _Stop:
    """A signal handler that drains, then calls the server's own handler."""

    def __init__(self, loop: asyncio.AbstractEventLoop, servers_handler: Any) -> None:
        self._loop = loop
        self._servers_handler = servers_handler
        self._begun_at_s: float | None = None
        self._task: asyncio.Task[None] | None = None

    def __call__(self, number: int, frame: FrameType | None) -> None:
        now_s = time.monotonic()
        if self._begun_at_s is None:
            self._begun_at_s = now_s
            self._loop.call_soon_threadsafe(self._start, number)
        elif now_s - self._begun_at_s > SAME_SIGNAL_S or number == signal.SIGINT:
            signal.signal(number, self._servers_handler)
            self._servers_handler(number, frame)

    def _start(self, number: int) -> None:
        drains_requests = (
            settings.IS_PRODUCTION and number == signal.SIGTERM and settings.DRAIN_SECONDS > 0
        )
        # Uvicorn's handler is a method of the server.
        server = getattr(self._servers_handler, "__self__", None) if drains_requests else None
        self._task = self._loop.create_task(_stop_serving(server, drains_requests=drains_requests))
        self._task.add_done_callback(report_failed_task("draining", "draining failed"))
        self._task.add_done_callback(lambda _: self._servers_handler(number, None))


async def _stop_serving(server: Any, *, drains_requests: bool) -> None:
    if drains_requests:
        await draining.drain(server if isinstance(server, uvicorn.Server) else None)
    log.info("stopping: finishing requests and commands")
    await running_hub().drain(settings.SHUTDOWN_SECONDS)
