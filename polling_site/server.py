"""Uvicorn, as the product runs it: embedded in one process, or several on one port."""

import os
import shutil
from typing import Any

import uvicorn
from django.conf import settings
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from polling_site.websocket_protocol import WebSocketProtocol

# Above our own bound, at which the consumer closes with a code and a reason.
_FRAME_MARGIN = 4


class HttpProtocol(HttpToolsProtocol):
    """Uvicorn's own, but the head of a response and the first part of its body are written at once.

    Each write is a packet of its own, for which both sides wake up.
    """

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        if cycle.scope["method"] != "HEAD":
            cycle.transport = _JoiningTransport(cycle)  # type: ignore[assignment]
        super()._start_asgi_task(cycle, app)


class _JoiningTransport:
    """What a response is written to. Holds its head until there is some of its body: by ASGI, no
    server sends anything before that.
    """

    __slots__ = ("_cycle", "_head", "_transport", "close", "is_closing")

    def __init__(self, cycle: RequestResponseCycle) -> None:
        self._cycle = cycle
        self._transport = cycle.transport
        self._head: bytes | None = None
        self.close = self._transport.close
        self.is_closing = self._transport.is_closing

    def write(self, data: bytes) -> None:
        if not self._cycle.response_started:
            self._transport.write(data)  # 100 Continue
        elif self._head is None:
            self._head = data
        else:
            self._transport.write(self._head + data)
            self._head = b""


def serve(processes: int) -> None:
    """Serves until told to stop."""
    if processes > 1:
        _collect_metrics_of_all_processes()
    uvicorn.run(
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
        timeout_graceful_shutdown=settings.SHUTDOWN_SECONDS,
    )


def _collect_metrics_of_all_processes() -> None:
    """Has the workers, which start after this, write their figures where each can read them."""
    directory = settings.VAR_DIR / "metrics" / str(settings.PORT)
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(directory)
