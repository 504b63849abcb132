"""Socket.IO in the site: its routes, client files, and the headers of its responses."""

from functools import cache
from pathlib import Path

from whitenoise import WhiteNoise

from accounts.socket_auth import identify_socketio
from apikit.errors import NotFoundError
from polling_site.asgi_middleware.messages import AsgiApp, Message, Receive, Scope, Send
from polling_site.asgi_middleware.responses import cors_headers, encode_headers, send_error
from polling_site.asgi_middleware.static_files import StaticFiles
from polling_site.security_headers import api_headers
from realtime.socketio import SocketIoApplication

PREFIX = "/socket.io/"
# The builds of npm's socket.io-client; vendor/README.md tells how to update them.
CLIENT_VERSION = "4.8.4"
CLIENT_FILES = Path(__file__).parent / "vendor" / f"socket.io-client-{CLIENT_VERSION}"
# The address of a file stays the same with a new version, which its ETag tells apart.
CLIENT_FILES_MAX_AGE_S = 3600

_RESPONSE_STARTS = {"http.response.start", "websocket.http.response.start"}


class SocketIo:
    """ASGI middleware that serves ``/socket.io/`` and the client files below it."""

    def __init__(self, app: AsgiApp) -> None:
        self._app = app
        files = WhiteNoise(
            None,
            root=CLIENT_FILES,
            prefix=PREFIX,
            max_age=CLIENT_FILES_MAX_AGE_S,
            mimetypes={".map": "application/json"},
        )
        self._paths = {path for path in files.files if Path(path).suffix in {".js", ".map"}}
        self._files = StaticFiles(app, files, PREFIX)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if not path.startswith(PREFIX) and path != PREFIX.rstrip("/"):
            await self._app(scope, receive, send)
        elif path in self._paths:
            await self._files(scope, receive, send)
        elif path.rstrip("/") != PREFIX.rstrip("/"):
            await send_error(scope, send, NotFoundError())
        elif scope["method"] == "OPTIONS":
            # Django's middleware answers preflight requests.
            await self._app(scope, receive, send)
        else:
            await socketio_application()(scope, receive, _with_headers(scope, send))


@cache
def socketio_application() -> AsgiApp:
    """Returns the application of this process, for requests and WebSockets."""
    return SocketIoApplication(identify_socketio)


async def serve_socketio_websocket(scope: Scope, receive: Receive, send: Send) -> None:
    """Serves a WebSocket at ``/socket.io/``."""
    await socketio_application()(scope, receive, _with_headers(scope, send))


def _with_headers(scope: Scope, send: Send) -> Send:
    """Returns a ``send`` that adds the headers of every API response."""

    async def send_with_headers(message: Message) -> None:
        if message["type"] in _RESPONSE_STARTS:
            added = dict(api_headers())
            if scope["type"] == "http":
                added |= {"Vary": "origin", **cors_headers(scope)}
            else:
                added |= {"Connection": "close"}
            message = {**message, "headers": [*message["headers"], *encode_headers(added)]}
        await send(message)

    return send_with_headers
