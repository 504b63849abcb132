"""Starting and stopping a server process."""

import asyncio
import signal
from collections.abc import MutableMapping
from types import FrameType
from typing import Any

import structlog
from django.conf import settings

from realtime.hub import running_hub, stop_hub
from votes.writer import stop_writer

log = structlog.get_logger(__name__)


async def lifespan(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
    """ASGI's lifespan: the hub lives as long as the server, the writer a little longer.

    By the time of the shutdown message the server has finished its requests, so the writer has
    nothing left to do but what was abandoned.
    """
    await receive()  # lifespan.startup
    running_hub()
    _drain_before_stopping()
    await send({"type": "lifespan.startup.complete"})
    await receive()  # lifespan.shutdown
    await asyncio.to_thread(stop_writer)
    await stop_hub()
    await send({"type": "lifespan.shutdown.complete"})


def _drain_before_stopping() -> None:
    """On SIGTERM or SIGINT, ends the sockets well before the server hears of it.

    The server's own handler would close them at once, in the middle of a command. A second
    signal goes to it directly.
    """
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        servers_handler = signal.getsignal(signal_number)
        if not callable(servers_handler):
            continue  # not started by a server that handles signals, as in tests

        def handle(
            number: int, frame: FrameType | None, servers_handler: Any = servers_handler
        ) -> None:
            signal.signal(number, servers_handler)

            def go_on(task: "asyncio.Task[None]") -> None:
                servers_handler(number, None)

            def drain() -> None:
                task = loop.create_task(running_hub().drain(settings.SHUTDOWN_SECONDS))
                task.add_done_callback(go_on)

            log.info("stopping: finishing what was begun")
            loop.call_soon_threadsafe(drain)

        signal.signal(signal_number, handle)
