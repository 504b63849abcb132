"""Uvicorn, as the product runs it: embedded in one process, or several on one port."""

import os
import shutil
from collections.abc import Callable
from typing import Any

import uvicorn
from django.conf import settings
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from polling_site.connection_limits import raise_file_limit
from polling_site.http_protocol import HttpProtocol

# Above our own bound, at which the consumer closes with a code and a reason.
_FRAME_MARGIN = 4


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """Uvicorn's own, which also lets the application do two things ASGI has no words for: write a
    finished frame, and drop a client that reads nothing. Closing waits for the client to read
    what is in the way.
    """

    # Kept as one fact, since it is asked for every frame to every client.
    _takes_frames = True
    # Gives the connection back that HttpProtocol has counted and handed over.
    release: Callable[[], None] = staticmethod(lambda: None)

    def pause_writing(self) -> None:
        self._takes_frames = False
        super().pause_writing()

    def resume_writing(self) -> None:
        self._takes_frames = True
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._takes_frames = False
        self.release()
        super().connection_lost(exc)

    def handle_connect(self, event: Any) -> None:
        super().handle_connect(event)
        scope: Any = getattr(self, "scope", None)
        if scope is not None:  # None: the handshake was refused
            scope["extensions"]["tallyroom.abort"] = self.transport.abort
            scope["extensions"]["tallyroom.write_frame"] = self.write_frame

    def write_frame(self, frame: bytes) -> bool:
        """Writes a whole, unmasked frame; False while the client doesn't take what it has.

        Frames are not compressed (see ``serve``), so one is as good for every client.
        """
        if self._takes_frames and not self.close_sent:
            self.transport.write(frame)
            return True
        return False


def serve(processes: int) -> None:
    """Serves until told to stop."""
    raise_file_limit()
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
