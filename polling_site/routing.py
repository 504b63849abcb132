"""The ASGI application: routes HTTP requests, WebSockets and the lifespan."""

import structlog
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.urls import re_path
from whitenoise import WhiteNoise

from accounts.socket_auth import authenticate_sockets
from apikit.errors import NotFoundError
from polling_site.asgi_middleware.body_limit import BodyLimit
from polling_site.asgi_middleware.heavy_request_limit import HeavyRequestLimit
from polling_site.asgi_middleware.messages import AsgiApp, Receive, Scope, Send
from polling_site.asgi_middleware.page_limit import PageLimit
from polling_site.asgi_middleware.pictures import Pictures
from polling_site.asgi_middleware.responses import encode_headers
from polling_site.asgi_middleware.server_errors import ServerErrors
from polling_site.asgi_middleware.sign_in_limit import SignInLimit
from polling_site.asgi_middleware.static_files import StaticFiles
from polling_site.asgi_middleware.uploads import Uploads
from polling_site.fast_path.middleware import FastPath
from polling_site.server.lifespan import lifespan
from polling_site.server.raw_responses import error_parts
from polling_site.socketio import SocketIo, serve_socketio_websocket
from realtime.consumers import LiveConsumer
from realtime.endpoints import ENDPOINTS, Endpoint
from realtime.running import running_hub

log = structlog.get_logger(__name__)


def make_application(django_application: AsgiApp) -> AsgiApp:
    """The whole site as one ASGI application."""
    application: AsgiApp = ProtocolTypeRouter(
        {
            "http": _with_middleware(django_application),
            "websocket": _sockets(),
            "lifespan": lifespan,
        }
    )
    return application


def _with_middleware(django_application: AsgiApp) -> AsgiApp:
    """Wraps Django in the ASGI middleware; a request passes the last of these first."""
    app: AsgiApp = PageLimit(django_application)
    app = SignInLimit(app)
    app = HeavyRequestLimit(app)
    app = FastPath(app)
    app = StaticFiles(app, _static_files(), settings.STATIC_URL)
    app = SocketIo(app)
    app = Pictures(app)
    app = _StartHub(app)
    uploads_of_pictures = app
    app = BodyLimit(app, settings.REQUEST_MAX_BYTES)
    app = Uploads(app, _StartHub(django_application), uploads_of_pictures)
    return ServerErrors(app)


def _static_files() -> WhiteNoise:
    # WhiteNoise warns of a folder that collectstatic has not created yet.
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    return WhiteNoise(
        None,
        root=settings.STATIC_ROOT,
        prefix=settings.STATIC_URL,
        # Names with a hash of the content are cached for ever.
        immutable_file_test=r"\.[0-9a-f]{12}\.\w+$",
    )


class _StartHub:
    """Starts the hub with the first request, for servers without a lifespan, such as Daphne."""

    def __init__(self, app: AsgiApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        running_hub()
        await self._app(scope, receive, send)


def _sockets() -> URLRouter:
    by_pattern: dict[str, list[tuple[Endpoint, AsgiApp]]] = {}
    # Those with query parameters first.
    for endpoint in sorted(ENDPOINTS.values(), key=lambda each: not each.query):
        app = authenticate_sockets(
            LiveConsumer.as_asgi(protocol=endpoint.protocol, on_connect=endpoint.on_connect)
        )
        for pattern in endpoint.patterns:
            by_pattern.setdefault(pattern, []).append((endpoint, app))
    routes = [re_path(pattern, _by_query(some)) for pattern, some in by_pattern.items()]  # type: ignore[arg-type]
    routes.append(re_path(r"^socket\.io/?$", serve_socketio_websocket))  # type: ignore[arg-type]
    return URLRouter([*routes, re_path(r"", _refuse_socket)])  # type: ignore[arg-type]


def _by_query(endpoints: list[tuple[Endpoint, AsgiApp]]) -> AsgiApp:
    """Returns an app that calls the first endpoint whose query parameters the URL has."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for endpoint, serve in endpoints:
            values = endpoint.values_in(scope["query_string"])
            if values is not None:
                route = scope["url_route"]
                kwargs = {**route["kwargs"], **values}
                return await serve(
                    {**scope, "url_route": route | {"kwargs": kwargs}}, receive, send
                )
        return await _refuse_socket(scope, receive, send)

    return app


async def _refuse_socket(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers a handshake with 404, or 403 on servers that cannot send another status."""
    await receive()
    error = NotFoundError()
    log.info("handshake refused", code=error.code)
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close"})
        return
    headers, body = error_parts(error)
    start = {"status": error.http_status.value, "headers": encode_headers(headers)}
    await send({"type": "websocket.http.response.start", **start})
    await send({"type": "websocket.http.response.body", "body": body})
