"""Uvicorn's HTTP protocol with limits on headers, time and connections per address."""

import asyncio
from collections.abc import Callable
from enum import Enum, auto
from typing import Any

import httptools
import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from apikit.errors import (
    ApiError,
    HeadersTooLargeError,
    InvalidRequestError,
    MethodNotAllowedError,
    RequestTimeoutError,
)
from polling_site.paths import is_picture_upload, is_upload
from polling_site.server.connection_limits import HttpLimits, process_connections
from polling_site.server.connection_timers import Deadline, ReadingWatch
from polling_site.server.draining import is_draining
from polling_site.server.http_upgrades import asks_for_websocket, head_without_upgrade, is_handshake
from polling_site.server.joined_writes import JoiningTransport
from polling_site.server.raw_responses import raw_error_response

log = structlog.get_logger(__name__)

# Bytes parsed at a time, so that headers are counted before they accumulate.
_PIECE_BYTES = 4096
# Pipelined requests that may wait on one connection, and unparsed bytes beyond them.
_MAX_PIPELINED = 16
_MAX_BACKLOG_BYTES = 1 << 18


class _Stage(Enum):
    """The part of a request that the client has to send next."""

    START = auto()
    HEAD = auto()
    BODY = auto()


class HttpProtocol(HttpToolsProtocol):
    """Uvicorn's protocol, hardened against slow and hostile clients.

    - Headers are bounded in bytes, number and time, bodies in time (``BodyLimit`` bounds their
      size), connections per address, pipelined requests in number.
    - A client that reads nothing of a response for ``stall_s`` is disconnected.
    - A request to upgrade to anything but WebSocket is an ordinary request (RFC 9110, section
      7.8). Uvicorn would take its body for data of the other protocol and drop it.
    - The head of a response and the start of its body are written together.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._limits = HttpLimits.from_settings()
        self._stage = _Stage.START
        self._head_bytes = 0  # of the head, or between parts of a body
        self._address: str | None = None
        self._backlog = b""
        self._refusal: ApiError | None = None  # set inside a callback of the parser
        self._ignores_input = False
        self._deadline = Deadline(self.loop, self._expire)
        self._reading: ReadingWatch
        self._release: Callable[[], None] = lambda: None

    # Connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._address = self.client[0] if self.client else None
        self._reading = ReadingWatch(
            self.loop,
            transport.get_write_buffer_size,
            self._limits.stall_s,
            lambda: self._drop("reads nothing of the response"),
        )
        try:
            self._release = process_connections().admit(self._address)
        except ApiError as refusal:
            self._refuse(refusal)
            return
        self._deadline.set(self._limits.header_s)
        self._deadline.arm()

    def connection_lost(self, exc: Exception | None) -> None:
        self._deadline.stop()
        self._reading.stop()
        self._release()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._ignores_input:
            return
        self._unset_keepalive_if_required()
        if not self._deadline.is_set:
            self._deadline.set(self._limits.header_s)
        if not self._backlog:
            self._parse(data)
        elif len(self._backlog) + len(data) > _MAX_BACKLOG_BYTES:
            self._drop("pipelined too many requests")
        else:
            self._backlog += data
        self._deadline.arm()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        backlog, self._backlog = self._backlog, b""
        if backlog and not self.transport.is_closing():
            self._parse(backlog)

    def timeout_keep_alive_handler(self) -> None:
        if not self.transport.is_closing():
            self.close()

    def close(self) -> None:
        """Closes once the client has read the response, or reads nothing for ``stall_s``."""
        self.transport.close()
        if self.transport.get_write_buffer_size():
            self.loop.call_later(self._limits.stall_s, self.transport.abort)

    # Parsing

    def _parse(self, data: bytes) -> None:
        for start in range(0, len(data), _PIECE_BYTES):
            if self._ignores_input or self.transport.is_closing():
                return
            if self._backlog or len(self.pipeline) >= _MAX_PIPELINED:
                self._backlog += data[start:]
                self.flow.pause_reading()
                return
            self._feed(data[start : start + _PIECE_BYTES])

    def _feed(self, piece: bytes) -> None:
        """Feeds the parser, and answers what it rejects."""
        self._head_bytes += len(piece)
        try:
            self.parser.feed_data(piece)
        except httptools.HttpParserUpgrade as upgrade:
            self._settle_upgrade(piece[upgrade.args[0] :])
        except httptools.HttpParserError:
            self._refuse(self._refusal or InvalidRequestError())
        else:
            if self._head_bytes > self._limits.header_bytes:
                self._refuse(HeadersTooLargeError())

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._stage = _Stage.HEAD
        self._head_bytes = 0
        if not self._deadline.is_set:
            self._deadline.set(self._limits.header_s)

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._stage is _Stage.BODY:
            return  # A trailer must not count as a header.
        super().on_header(name, value)
        if len(self.headers) > self._limits.headers:
            self._raise(HeadersTooLargeError())

    def on_headers_complete(self) -> None:
        size_bytes = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size_bytes > self._limits.header_bytes:
            self._raise(HeadersTooLargeError())
        self._stage = _Stage.BODY
        self._head_bytes = 0
        self._deadline.set(self._limits.body_s)
        if not self.parser.should_upgrade():
            super().on_headers_complete()
            if is_upload(self.scope) or is_picture_upload(self.scope):
                self._deadline.set(self._limits.upload_s)

    def on_body(self, body: bytes) -> None:
        self._head_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._stage = _Stage.START
        self._head_bytes = 0
        self._deadline.clear()
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def _raise(self, refusal: ApiError) -> None:
        """Stops the parser from inside one of its callbacks."""
        self._refusal = refusal
        raise refusal

    # Upgrades

    def _should_upgrade(self) -> bool:
        return False  # Handled in _settle_upgrade.

    def _settle_upgrade(self, rest: bytes) -> None:
        """Handles a request to upgrade, after the parser has read its head."""
        method, version = self.parser.get_method(), self.parser.get_http_version().encode()
        if method == b"CONNECT":
            self._refuse(MethodNotAllowedError())
        elif version != b"1.1" or not asks_for_websocket(self.headers):
            # The old parser may consider the connection closed.
            self.parser = httptools.HttpRequestParser(self)
            self._parse(head_without_upgrade(method, self.url, version, self.headers) + rest)
        elif method != b"GET":
            self._refuse(MethodNotAllowedError(), {"Allow": "GET"})
        elif rest or not is_handshake(self.headers):
            # Frames must not be sent before the handshake is complete (RFC 6455, section 4.1).
            refusal = InvalidRequestError("This is not a WebSocket handshake.")
            self._refuse(refusal, {"Sec-WebSocket-Version": "13"})
        else:
            self.scope["method"] = "GET"
            self.handle_websocket_upgrade()

    def handle_websocket_upgrade(self) -> None:
        if self._is_answering():
            # The responses to earlier requests would be written into the socket.
            self._refuse(InvalidRequestError("A handshake must not be pipelined."))
            return
        self._deadline.stop()
        self._reading.stop()
        headers = [pair for pair in self.headers if pair[0] != b"upgrade"]
        self.scope["headers"] = [*headers, (b"upgrade", b"websocket")]
        super().handle_websocket_upgrade()
        # The WebSocket protocol takes over the connection, and releases it.
        self.transport.get_protocol().release = self._release  # type: ignore[attr-defined]

    # Refusing

    def _refuse(self, refusal: ApiError, headers: dict[str, str] | None = None) -> None:
        """Answers a request that cannot be parsed further, and closes the connection.

        Requests that were complete before it are answered first.
        """
        self._ignores_input = True
        self._deadline.clear()
        log.info("request refused", code=refusal.code, client=self._address)
        if self._is_answering() and not self.cycle.more_body:
            self.cycle.keep_alive = False
            return
        if not self._is_answering() or not (self.cycle.response_started or self.pipeline):
            defaults = self.server_state.default_headers
            self.transport.write(raw_error_response(refusal, headers or {}, defaults))
        self.close()

    def _is_answering(self) -> bool:
        """Whether a request is waiting for its response."""
        return bool(self.cycle) and not self.cycle.response_complete

    def _drop(self, reason: str) -> None:
        self._ignores_input = True
        log.info("connection dropped", reason=reason, client=self._address)
        self.transport.abort()

    # Time

    def _expire(self) -> None:
        """Ends a connection whose client did not send in time."""
        if self.flow.read_paused:
            # The client waits for the server.
            self._deadline.set(self._limits.header_s)
        elif self._stage is _Stage.START:
            self._ignores_input = True
            self._deadline.clear()
            self.close()
        else:
            self._refuse(RequestTimeoutError())

    def pause_writing(self) -> None:
        super().pause_writing()
        self._reading.start()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._reading.stop()

    # Responding

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        if is_draining():
            cycle.keep_alive = False  # adds "Connection: close"
        if cycle.scope["method"] != "HEAD":
            cycle.transport = JoiningTransport(cycle, self.close)  # type: ignore[assignment]
        super()._start_asgi_task(cycle, app)
