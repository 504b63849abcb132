"""Uvicorn's WebSocket protocol, with limits and with direct writes of encoded frames."""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import structlog
from django.conf import settings
from uvicorn.config import Config
from uvicorn.protocols.utils import ClientDisconnected
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

# Above this, reading from and writing to the client pause until it has read.
WRITE_HIGH_WATER_BYTES = 32_768
# Bytes parsed at a time: uvloop reads up to 250 kB at once, which can be 40,000 empty frames.
PARSE_BYTES = 2_048
# Time for a client to read the last frames and answer a close frame.
CLOSE_TIMEOUT_S = 10.0
# How long the connection of a flooding client stays open unread. Closed at once, the client would
# reconnect at once, and a handshake costs more than its frames.
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
    """The protocol of websockets, which refuses handshakes with our error format."""

    def reject(self, status: HTTPStatus | int, text: str) -> Response:
        error = _REFUSALS.get(status, _NO_HANDSHAKE)
        log.info("handshake refused", code=error.code)
        headers, body = error_parts(error)
        dated = Headers({"date": super().reject(status, text).headers["Date"], **headers})
        return Response(error.http_status.value, error.http_status.phrase, dated, body)


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """Uvicorn's protocol, with four additions.

    - Extensions of the ASGI scope write an encoded frame, abort the connection, and tell the size
      of its buffers.
    - Memory of a client is bounded: frames not handled yet, fragments, and unread pongs.
    - Connections that do not end by themselves are aborted.
    - Refused handshakes get a response with an error body.
    """

    # One flag, because it is read for every frame to every client.
    _takes_frames = True
    _is_write_paused = False
    # Releases the connection that HttpProtocol has counted and handed over.
    release: Callable[[], None] = staticmethod(lambda: None)
    # Received since the queue was last empty.
    _queued_bytes = 0
    _abort_timer: asyncio.TimerHandle | None = None
    # Set when the client floods.
    _ignores_input = False

    def __init__(self, config: Config, *args: Any, **kwargs: Any) -> None:
        super().__init__(config, *args, **kwargs)
        # No extensions, because ``serve`` turns deflate off.
        self.conn: ServerProtocol = _SansIOServer(max_size=config.ws_max_size, logger=self.logger)

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=WRITE_HIGH_WATER_BYTES)
        rate = settings.WS_MAX_COMMANDS_PER_SECOND
        # The consumer closes sockets that send more commands at once than this.
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
            if self._ignores_input or self.transport.is_closing():
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
            # Uvicorn would wait for more data, although websockets has stopped parsing.
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
            return  # The client has sent a close frame too.
        code = CloseCode.TOO_MANY_COMMANDS
        self.conn.send_close(code.value, code.reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = self._ignores_input = True
        self.transport.pause_reading()
        self.queue.put_nowait(
            {"type": "websocket.disconnect", "code": code.value, "reason": code.reason}
        )
        # In Uvicorn's own timer: without one it closes when the application returns.
        self.close_timer = self.loop.call_later(FLOOD_PENALTY_S, self.transport.close)

    # Writing

    async def send(self, message: Any) -> None:
        """Sends an ASGI message.

        :raises ClientDisconnected: once the server has closed the socket itself, for instance
            because no pong came. The application may not know yet; Uvicorn calls that a bug of it.
        """
        if self.handshake_complete and self.close_sent:
            raise ClientDisconnected
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and not message.get("more_body"):
            # Uvicorn does not set this, and logs an error when the application returns.
            self.handshake_complete = True

    def pause_writing(self) -> None:
        self._takes_frames = False
        self._is_write_paused = True
        super().pause_writing()
        # Pings are answered, so reading on would add to what the client does not read.
        if not self.transport.is_closing():
            self.transport.pause_reading()

    def resume_writing(self) -> None:
        self._takes_frames = True
        self._is_write_paused = False
        super().resume_writing()
        if not (self.read_paused or self._ignores_input or self.transport.is_closing()):
            self.transport.resume_reading()

    async def receive(self) -> Any:
        message = await self.queue.get()
        if self.read_paused and self.queue.empty():
            self.read_paused = False
            self._queued_bytes = 0
            if not (self._is_write_paused or self._ignores_input):
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
        """Writes an encoded, unmasked frame; returns False while the write buffer is full.

        Frames are not compressed (see ``serve``), so the same bytes go to every client.
        """
        if self._takes_frames and not self.close_sent:
            self.transport.write(frame)
            return True
        return False

    def buffered_bytes(self) -> int:
        """Bytes written but not sent yet, plus bytes received but not handled yet."""
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
        """Aborts after a while: closing waits for the client to read, possibly for ever."""
        if self._abort_timer is None and not self.disconnected:
            self._abort_timer = self.loop.call_later(CLOSE_TIMEOUT_S, self.transport.abort)
