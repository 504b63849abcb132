"""The library's servers, adapted: Engine.IO with its sessions, and Socket.IO with its packets."""

import logging
import secrets
from collections.abc import Mapping
from typing import Any

import engineio
import socketio
import structlog
from django.conf import settings

from apikit.errors import (
    ApiError,
    InvalidRequestError,
    MethodNotAllowedError,
    ServerUnavailableError,
    TokenInvalidError,
    TooManyRequestsError,
)
from apikit.exception_handler import as_api_error
from apikit.wire import encode
from realtime.close_codes import CloseCode
from realtime.running import running_hub
from realtime.socketio.commands import Emitted
from realtime.socketio.identity import Authenticate, Identity
from realtime.socketio.packets import InvalidPacketError, TextPacket
from realtime.socketio.responses import (
    Response,
    error_response,
    payload_response,
    send_refusal,
)
from realtime.socketio.session import Session

log = structlog.get_logger(__name__)

Environ = dict[str, Any]

RETRY_AFTER_S = 5


class EngineServer(engineio.AsyncServer):
    """Opens sessions, and checks to which of them a request belongs.

    Its responses to refused requests have the format of the API.
    """

    # Before the dot of each sid, so that a proxy can find the process of a long-polling client.
    prefix = ""

    def create_queue(self, *args: Any, **kwargs: Any) -> None:
        """Sessions have none: their packets wait in a Connection."""

    def generate_id(self) -> str:
        return f"{self.prefix}.{secrets.token_urlsafe(15)}"

    async def _handle_connect(
        self, environ: Environ, transport: str, jsonp_index: int | None = None
    ) -> Any:
        """Opens a session, unless the server is full or stopping."""
        scope = environ["asgi.scope"]
        session = Session(self, self.generate_id(), running_hub(), scope)
        refusal = session.admit()
        if refusal is not None:
            log.info("socket.io handshake refused", code=refusal.name.lower())
            return error_response(_handshake_error(refusal))
        if scope["type"] == "websocket":
            await session.run_websocket(scope, environ["asgi.receive"], environ["asgi.send"])
            return ""
        return payload_response(session.open_packet("websocket"))

    # Responses

    def _bad_request(self, message: str | None = None) -> Response:
        if message and "session" in message.lower():
            # The library repeats the sid.
            message = "This session does not exist here (any more). Connect again."
        elif message and "unsupported version" in message:
            message = "This address speaks Engine.IO 4. Use a Socket.IO client of version 3 or 4."
        return error_response(InvalidRequestError(message))

    def _method_not_found(self) -> Response:
        return error_response(MethodNotAllowedError())

    async def _make_response(self, response_dict: Response, environ: Environ) -> Any:
        response = response_dict
        if "tallyroom.refusal" in environ:
            response = error_response(environ["tallyroom.refusal"])
        if environ["asgi.scope"]["type"] == "websocket":
            error = response.get("error") or InvalidRequestError()
            await send_refusal(environ["asgi.scope"], environ["asgi.send"], error)
            return None
        length = ("Content-Length", str(len(response["response"])))
        response = {**response, "headers": [*response["headers"], length]}
        return await super()._make_response(response, environ)

    def _log_error_once(self, message: str, message_key: str) -> None:
        log.info("socket.io request refused", reason=message_key)


class SocketServer(socketio.AsyncServer):
    """Handles the packets of sessions: CONNECT, DISCONNECT and events, in the namespace ``/``.

    It uses neither the library's rooms nor its emit: the hub has the subscriptions.
    """

    eio: EngineServer

    def __init__(self, authenticate: Authenticate) -> None:
        logger = logging.getLogger("socketio")
        super().__init__(
            async_mode="asgi",
            # Otherwise the library runs the events of one client concurrently.
            async_handlers=False,
            serializer=TextPacket,
            max_http_buffer_size=settings.WS_MAX_MESSAGE_BYTES,
            http_compression=False,
            # The application adds the headers of CORS.
            cors_allowed_origins=[],
            # Sessions have timers of their own.
            monitor_clients=False,
            logger=logger,
            engineio_logger=logger,
        )
        self._authenticate = authenticate

    def _engineio_server_class(self) -> type[EngineServer]:
        return EngineServer

    async def _handle_connect(self, eio_sid: str, namespace: str | None, data: Any) -> None:
        session = self._session(eio_sid)
        if session.is_connected and namespace in _MAIN_NAMESPACE:
            raise InvalidPacketError("This session is connected already.")
        try:
            identity = await self._identify(session, namespace, data)
        except Exception as error:  # noqa: BLE001 - outermost
            self._refuse_connect(session, namespace, as_api_error(error))
            return
        if not (session.closed or session.connection.is_closing):
            session.connect(identity)
            accepted = {"sid": secrets.token_urlsafe(15)}
            session.write(f"40{encode(accepted)}")

    async def _identify(self, session: Session, namespace: str | None, data: Any) -> Identity:
        """Authenticates a CONNECT packet.

        :raises ApiError: if the client may not connect.
        """
        if not session.commands.bucket.take(session.hub.now_s()):
            raise TooManyRequestsError(retry_after_s=1)
        if namespace not in _MAIN_NAMESPACE:
            raise InvalidRequestError("There is only one namespace: /.")
        identity = await self._authenticate(session.scope, _token_in(data))
        refusal = session.hub.refusal_for_user(identity.actor)
        if refusal is not None:
            raise TooManyRequestsError(refusal.reason)
        return identity

    def _refuse_connect(self, session: Session, namespace: str | None, error: ApiError) -> None:
        """Sends ``connect_error``, after which the library does not reconnect by itself."""
        log.info("socket.io connection refused", code=error.code)
        if isinstance(error, ServerUnavailableError):
            session.connection.close(CloseCode.RESTARTING)
            return
        body = {"message": error.message, "data": error.details()}
        packet = TextPacket(_CONNECT_ERROR, body, namespace=namespace)
        session.write(f"4{packet.encode()}")

    async def _handle_disconnect(
        self, eio_sid: str, namespace: str | None, reason: str | None = None
    ) -> None:
        # Others were refused, which does not end the session.
        if namespace in _MAIN_NAMESPACE:
            self._session(eio_sid).leave()

    async def _handle_event(self, eio_sid: str, namespace: str | None, id: Any, data: Any) -> None:
        session = self._session(eio_sid)
        if not session.is_connected or namespace not in _MAIN_NAMESPACE:
            raise InvalidPacketError("Send CONNECT before any event.")
        if not (isinstance(data, list) and data and isinstance(data[0], str)):
            raise InvalidPacketError("An event is a list that begins with its name.")
        await session.commands.run(Emitted(data[0], data[1:], id))

    async def _handle_ack(self, eio_sid: str, namespace: str | None, id: Any, data: Any) -> None:
        raise InvalidPacketError("The server has asked for no acknowledgement.")

    async def _handle_eio_message(self, eio_sid: str, data: str) -> None:
        try:
            await super()._handle_eio_message(eio_sid, data)
        except ValueError as error:  # the library's, for unexpected types
            raise InvalidPacketError from error

    def _session(self, eio_sid: str) -> Session:
        session: Session = self.eio.sockets[eio_sid]
        return session


_CONNECT_ERROR = 4
_MAIN_NAMESPACE = {None, "/"}


def _token_in(auth: Any) -> str | None:
    """Returns the token of ``auth: {token}``; None if there is none.

    :raises TokenInvalidError: if it is not a string.
    """
    token = auth.get("token") if isinstance(auth, Mapping) else None
    if not token:
        return None
    if not isinstance(token, str):
        raise TokenInvalidError
    return token.removeprefix("Bearer ")


def _handshake_error(refusal: CloseCode) -> ApiError:
    """Returns the error of a refused handshake, after which clients try again."""
    if refusal is CloseCode.TOO_MANY_SOCKETS_OF_ADDRESS:
        return TooManyRequestsError(refusal.reason, retry_after_s=RETRY_AFTER_S)
    return ServerUnavailableError(refusal.reason, retry_after_s=RETRY_AFTER_S)
