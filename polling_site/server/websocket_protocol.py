"""Uvicorn's WebSocket protocol, as the product runs it: with bounds, and with shortcuts."""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import structlog
from django.conf import settings
from uvicorn.config import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.datastructures import Headers
from websockets.frames import Opcode
from websockets.http11 import Response
from websockets.protocol import State
from websockets.server import ServerProtocol

from apikit.errors import (
    ApiError,
    ForbiddenError,
    HeadersTooLargeError,
    InvalidRequestError,
    ServerError,
)
from polling_site.server.raw_responses import error_parts
from realtime.close_codes import CloseCode
from realtime.commands import TokenBucket

log = structlog.get_logger(__name__)

# Above this, the client is read no further and written to no more until it has read.
WRITE_HIGH_WATER_BYTES = 32_768
# uvloop reads up to 250 kB at once. Parsed in one go, that would be 40,000 empty frames.
PARSE_BYTES = 2_048
# How long a client may take to read the last frames and to answer a close frame.
CLOSE_TIMEOUT_S = 10.0
# How long a client that floods keeps its connection without being read: refused at once, it would
# be back at once, and a handshake costs more than what it sends.
FLOOD_PENALTY_S = 3.0
_CONTROL_OR_FRAGMENT = frozenset({Opcode.CONT, Opcode.PING, Opcode.PONG})


_REFUSALS: dict[int, ApiError] = {
    HTTPStatus.FORBIDDEN: ForbiddenError(),
    HTTPStatus.REQUEST_URI_TOO_LONG: HeadersTooLargeError(),
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: HeadersTooLargeError(),
    HTTPStatus.INTERNAL_SERVER_ERROR: ServerError(),
}
_NO_HANDSHAKE = InvalidRequestError("This is not a WebSocket handshake.")


class _SansIOServer(ServerProtocol):
    """websockets' own, which refuses handshakes in the form of all refusals."""

    def reject(self, status: HTTPStatus | int, text: str) -> Response:
        error = _REFUSALS.get(status, _NO_HANDSHAKE)
        log.info("handshake refused", code=error.code)
        headers, body = error_parts(error)
        dated = Headers({"date": super().reject(status, text).headers["Date"], **headers})
        return Response(error.http_status.value, error.http_status.phrase, dated, body)


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """Uvicorn's own, with four additions.

    It lets the application do what ASGI has no words for: write a finished frame, drop a client
    that reads nothing, and see what the buffers hold. It bounds what a client can make the server
    keep: frames not handled yet, fragments, and pongs not read. It aborts connections that do not
    end by themselves. And it answers each handshake that it refuses.
    """

    # Kept as one fact, since it is asked for every frame to every client.
    _takes_frames = True
    _is_write_paused = False
    # Gives the connection back that HttpProtocol has counted and handed over.
    release: Callable[[], None] = staticmethod(lambda: None)
    # What has come in since the queue was empty last.
    _queued_bytes = 0
    _abort_timer: asyncio.TimerHandle | None = None
    # Whether what the client sends is left unread, since it has flooded.
    _is_deaf = False

    def __init__(self, config: Config, *args: Any, **kwargs: Any) -> None:
        super().__init__(config, *args, **kwargs)
        # Without extensions, as ``serve`` configures Uvicorn.
        self.conn: ServerProtocol = _SansIOServer(max_size=config.ws_max_size, logger=self.logger)

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=WRITE_HIGH_WATER_BYTES)
        rate = settings.WS_MAX_COMMANDS_PER_SECOND
        # Somebody who sends more commands at once than this is closed by the consumer anyway.
        self._max_queued = max(64, 4 * rate)
        self._bucket = TokenBucket(10 * rate)

    def connection_lost(self, exc: Exception | None) -> None:
        self._takes_frames = False
        self.release()
        if self._abort_timer is not None:
            self._abort_timer.cancel()
        super().connection_lost(exc)

    # Reading

    def data_received(self, data: bytes) -> None:
        for start in range(0, len(data), PARSE_BYTES):
            if self._is_deaf or self.transport.is_closing():
                return
            super().data_received(data[start : start + PARSE_BYTES])

    def handle_events(self) -> None:
        if not self.close_sent:
            events = self.conn.events
            small = sum(getattr(each, "opcode", None) in _CONTROL_OR_FRAGMENT for each in events)
            if small and not self._bucket.take(self.loop.time(), small):
                self._refuse_flood()
                return
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            # Uvicorn would wait for more of what websockets has given up parsing.
            self._end_refused_handshake()
            return
        super().handle_events()

    def _end_refused_handshake(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()

    def send_receive_event_to_app(self) -> None:
        if self.queue.qsize() >= self._max_queued and not self.close_sent:
            self._refuse_flood()
        else:
            self._queued_bytes += sum(map(len, self.frames))
            super().send_receive_event_to_app()

    def _refuse_flood(self) -> None:
        self.frames = []
        if self.conn.state is State.CONNECTING:
            self.transport.abort()
        if self.conn.state is not State.OPEN:
            return  # The client has sent a close frame along with the rest.
        code = CloseCode.TOO_MANY_COMMANDS
        self.conn.send_close(code.value, code.reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = self._is_deaf = True
        self.transport.pause_reading()
        self.queue.put_nowait(
            {"type": "websocket.disconnect", "code": code.value, "reason": code.reason}
        )
        # With Uvicorn's own timer, since without one it closes when the application returns.
        self.close_timer = self.loop.call_later(FLOOD_PENALTY_S, self.transport.close)

    # Writing

    async def send(self, message: Any) -> None:
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and not message.get("more_body"):
            # Uvicorn forgets that, and logs an error when the application returns.
            self.handshake_complete = True

    def pause_writing(self) -> None:
        self._takes_frames = False
        self._is_write_paused = True
        super().pause_writing()
        # Each ping that is read is answered, so a client that does not read is not read either.
        if not self.transport.is_closing():
            self.transport.pause_reading()

    def resume_writing(self) -> None:
        self._takes_frames = True
        self._is_write_paused = False
        super().resume_writing()
        if not (self.read_paused or self._is_deaf or self.transport.is_closing()):
            self.transport.resume_reading()

    async def receive(self) -> Any:
        message = await self.queue.get()
        if self.read_paused and self.queue.empty():
            self.read_paused = False
            self._queued_bytes = 0
            if not (self._is_write_paused or self._is_deaf):
                self.transport.resume_reading()
        return message

    def handle_connect(self, event: Any) -> None:
        super().handle_connect(event)
        scope: Any = getattr(self, "scope", None)
        if scope is not None:  # None: the handshake was refused
            scope["extensions"]["tallyroom.abort"] = self.transport.abort
            scope["extensions"]["tallyroom.write_frame"] = self.write_frame
            scope["extensions"]["tallyroom.buffered_bytes"] = self.buffered_bytes

    def write_frame(self, frame: bytes) -> bool:
        """Writes a whole, unmasked frame; False while the client doesn't take what it has.

        Frames are not compressed (see ``serve``), so one is as good for every client.
        """
        if self._takes_frames and not self.close_sent:
            self.transport.write(frame)
            return True
        return False

    def buffered_bytes(self) -> int:
        """Bytes written and not sent yet, and bytes received and not handled yet."""
        unfinished = sum(map(len, self.frames)) + len(self.conn.reader.buffer)
        return self._queued_bytes + unfinished + self.transport.get_write_buffer_size()

    # Ending

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        self._abort_later()

    def on_task_complete(self, task: Any) -> None:
        super().on_task_complete(task)
        self._abort_later()

    def _abort_later(self) -> None:
        """Closing waits until the client has read what is in the way, which may be never."""
        if self._abort_timer is None and not self.disconnected:
            self._abort_timer = self.loop.call_later(CLOSE_TIMEOUT_S, self.transport.abort)
