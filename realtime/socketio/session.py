"""One Socket.IO client: an Engine.IO session over long polling, a WebSocket, or both in turn.

https://github.com/socketio/engine.io-protocol, version 4.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from typing import Any

import structlog
from django.conf import settings
from engineio.async_socket import AsyncSocket

from apikit.actors import visitor
from apikit.clients import client_network
from apikit.errors import ApiError
from realtime.close_codes import CloseCode
from realtime.connection import LOW_WATER_BYTES, Connection
from realtime.consumers import error_frame
from realtime.events import SOCKETIO_PROTOCOL
from realtime.frames import PacketFrame
from realtime.hub import Hub
from realtime.people import person_key
from realtime.socketio.commands import SocketIoCommands, close_event, error_event
from realtime.socketio.identity import Identity
from realtime.socketio.packets import InvalidPacketError, open_packet, split_payload
from realtime.socketio.polling import NOOP, ClientGoneError, PollingTransport, first_of
from realtime.socketio.responses import error_response, payload_response
from realtime.socketio.timers import Timers
from realtime.socketio.websocket import websocket_transport
from realtime.transport import Transport

log = structlog.get_logger(__name__)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Environ = dict[str, Any]

# The time for the two packets that upgrade a session to a WebSocket.
UPGRADE_TIMEOUT_S = 10.0

_DISCONNECT = "41"
_PING = "2"


class Session(AsyncSocket):
    """A client and its transport.

    ``scope`` is that of the request that the packets arrive with: after an upgrade the
    WebSocket's, which may have other headers than the first GET.
    """

    def __init__(self, server: Any, sid: str, hub: Hub, scope: Message) -> None:
        super().__init__(server, sid)
        self.closed = False
        # For the library: requests are accepted, from the handshake on.
        self.connected = True
        self.scope = scope
        self.hub = hub
        self.is_connected = False
        self._is_receiving = False
        self._has_left = False
        self._is_upgrading = False
        self._upgrade_begun = asyncio.Event()
        self._polling = PollingTransport(self.end)
        self.connection = Connection(
            hub.backlog,
            self._polling.transport(self._last_packets),
            visitor(),
            SOCKETIO_PROTOCOL,
            address=client_network(scope),
            now_s=hub.now_s,
        )
        self.commands = SocketIoCommands(hub, self.connection)
        self.connection.ping = self._ping
        self._timers = Timers(hub.loop)

    # The session

    def admit(self) -> CloseCode | None:
        """Adds the session to the hub, which counts it; returns why not if there is no room."""
        refusal = self.hub.refusal_for(self.connection)
        if refusal is None:
            self.server.sockets[self.sid] = self
            self.hub.admit(self.connection)
            self._timers.set("connect", settings.SOCKET_IO_CONNECT_SECONDS, self._expire_connect)
            self._timers.set("ping", self.server.ping_interval, self._ping)
            self._expect_poll()
        return refusal

    def open_packet(self, *upgrades: str) -> str:
        """Returns the packet that answers the handshake."""
        return open_packet(self.sid, upgrades, self.server.ping_interval, self.server.ping_timeout)

    def connect(self, identity: Identity) -> None:
        """Subscribes an authenticated client."""
        self._timers.cancel("connect")
        self.is_connected = True
        self.connection.actor = identity.actor
        self.connection.person = person_key(identity.actor, identity.browser)
        self.hub.identify(self.connection)

    def write(self, *packets: str) -> None:
        """Writes packets in order, when the client reads."""
        self.connection.reply(PacketFrame(*packets))

    def leave(self) -> None:
        """The client has disconnected: ends the session with the request or frame that said so."""
        self._has_left = self.connection.is_leaving = True

    def end(self, reason: str = "closed by the server") -> None:
        """Releases everything; the client's later requests are refused."""
        if self.closed:
            return
        self.closing = self.closed = True
        self._timers.cancel_all()
        self.server.sockets.pop(self.sid, None)
        self._polling.end()
        self.hub.detach(self.connection)
        log.debug("socket.io session ended", reason=reason)

    def _drop(self, event: str, reason: str, **details: Any) -> None:
        log.info(event, client=self.connection.address, **details)
        self.connection.drop(reason)

    def _expire_poll(self) -> None:
        self._drop("socket.io session closed: no longer polling", "stalled")

    def _expire_connect(self) -> None:
        self._drop("socket.io session closed: no CONNECT", "not_connected")

    # Heartbeats

    def _ping(self) -> None:
        self.write(_PING)
        self._timers.set("ping", self.server.ping_timeout, self._expire_ping)

    def _expire_ping(self) -> None:
        self._drop("socket.io session closed: no answer to a ping", "ping_timeout")

    # Receiving

    async def _receive_packet(self, packet: str) -> None:
        """Handles one packet.

        :raises InvalidPacketError: if the client may not send it.
        """
        kind = packet[:1]
        if self.closed:
            return
        self.connection.last_received_s = self.hub.now_s()
        if kind == "4":
            await self.server.handlers["message"](self.sid, packet[1:])
        elif not self.commands.bucket.take(self.hub.now_s()):
            self.connection.close(CloseCode.TOO_MANY_COMMANDS)
        elif kind == "3":
            self._timers.set("ping", self.server.ping_interval, self._ping)
        elif kind == "1":
            self.leave()
        elif kind != NOOP:
            raise InvalidPacketError

    def _close_after(self, error: ApiError) -> None:
        log.info("socket.io packet refused", client=self.connection.address, reason=error.message)
        self.connection.close(CloseCode.NOT_SOCKETIO)

    def _last_packets(self, code: CloseCode) -> list[str]:
        """Packets before a close. Only DISCONNECT keeps the library from reconnecting."""
        if code < 4500 or not self.is_connected:
            return []
        return [close_event(code), _DISCONNECT]

    # Long polling

    async def handle_get_request(self, environ: Environ) -> Any:
        """Answers a GET with the packets that wait; upgrades to a WebSocket."""
        scope = environ["asgi.scope"]
        if scope["type"] == "websocket":
            if self._is_upgrading:
                return error_response(InvalidPacketError("This session is being upgraded."))
            return await self._upgrade(scope, environ["asgi.receive"], environ["asgi.send"])
        self._timers.cancel("poll")
        try:
            payload = await self._polling.poll(environ["asgi.receive"])
            self._expect_poll()
        except InvalidPacketError as error:
            self._drop("socket.io session closed: overlapping requests", "overlap")
            return error_response(error)
        except ClientGoneError:
            self.end("the client closed a request")
            payload = NOOP
        return payload_response(payload)

    def _expect_poll(self) -> None:
        """Drops a client that does not poll (again), which costs it no connection."""
        if not self.closed and self.scope["type"] == "http":
            self._timers.set("poll", settings.WS_STALL_SECONDS, self._expire_poll)

    async def handle_post_request(self, environ: Environ) -> None:
        """Handles the packets of a POST, one after another."""
        if self._is_receiving:
            error: ApiError = InvalidPacketError("Only one POST of a session may run at a time.")
            self._drop("socket.io session closed: overlapping requests", "overlap")
            environ["tallyroom.refusal"] = error
            return
        self._is_receiving = True
        self.scope = environ["asgi.scope"]
        try:
            for packet in split_payload(await environ["wsgi.input"].read()):
                await self._until_read()
                if self.closed or not await self.commands.admits(packet):
                    break
                await self._receive_packet(packet)
        except ApiError as refusal:
            environ["tallyroom.refusal"] = refusal
            self._close_after(refusal)
        finally:
            self._is_receiving = False
        if self._has_left:
            self.end("the client disconnected")

    async def _until_read(self) -> None:
        """Waits until the client has read, unless it is upgrading: then it waits for this POST."""
        if self.connection.waiting_bytes <= LOW_WATER_BYTES:
            return
        await first_of(self.connection.until_read(), self._upgrade_begun.wait())

    # WebSocket

    async def run_websocket(self, scope: Message, receive: Receive, send: Send) -> None:
        """Runs a session that begins as a WebSocket."""
        await send({"type": "websocket.accept"})
        self._use_websocket(scope, send)
        self.write(self.open_packet())
        await self._run(receive, send)

    async def _upgrade(self, scope: Message, receive: Receive, send: Send) -> str:
        """Moves the session from long polling to a WebSocket."""
        await send({"type": "websocket.accept"})
        self._is_upgrading = True
        is_upgraded = False
        with suppress(TimeoutError, OSError):
            async with asyncio.timeout(UPGRADE_TIMEOUT_S):
                is_upgraded = await self._probe(receive, send)
        if is_upgraded and not self.closed:
            self._polling.hand_over(self._use_websocket(scope, send))
            await self._run(receive, send)
            return ""
        log.info("socket.io upgrade failed", client=self.connection.address)
        self._is_upgrading = False
        self._upgrade_begun.clear()
        self._polling.release()
        with suppress(OSError):
            await send({"type": "websocket.close"})
        return ""

    async def _probe(self, receive: Receive, send: Send) -> bool:
        """Exchanges the packets of an upgrade; returns whether the client wants it."""
        if (await receive()).get("text") != "2probe":
            return False
        # The client ends polling once its GET and POST have been answered.
        self._upgrade_begun.set()
        self._polling.hold()
        await send({"type": "websocket.send", "text": "3probe"})
        return (await receive()).get("text") == "5"

    def _use_websocket(self, scope: Message, send: Send) -> Transport:
        self._timers.cancel("poll")
        self.upgraded = True
        self.scope = scope
        transport = websocket_transport(scope, send, self._last_packets)
        self.connection.use(transport)
        return transport

    async def _run(self, receive: Receive, send: Send) -> None:
        """Handles the packets of a WebSocket until it closes."""
        try:
            while not self._has_left:
                await self.connection.until_read()
                message = await receive()
                if message["type"] == "websocket.disconnect":
                    return
                if not self.connection.is_closing:
                    await self._receive_frame(message.get("text"))
            with suppress(OSError):
                await send({"type": "websocket.close"})
        finally:
            self.end("the WebSocket is closed")

    async def _receive_frame(self, text: str | None) -> None:
        if not await self.commands.admits(text):
            return
        try:
            await self._receive_packet(text or "")
        except ApiError as error:
            # A client that is not connected may be one for /ws.
            refusal = error_event(error) if self.is_connected else error_frame(error)
            self.connection.push(refusal)
            self._close_after(error)
