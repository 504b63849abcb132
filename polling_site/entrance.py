"""Puts the parts together: which kind of connection goes where."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import structlog
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.urls import re_path
from whitenoise import WhiteNoise

from accounts.socket_auth import authenticate_sockets
from apikit.errors import NotFoundError
from polling_site.body_limit import limit_body
from polling_site.express_lane import express_lane
from polling_site.failures import answer_failures
from polling_site.heavy_requests import heavy_requests
from polling_site.lifespan import lifespan
from polling_site.raw_responses import refusal_parts
from polling_site.sign_in_door import sign_in_door
from polling_site.static_door import open_static_door
from realtime.consumers import LiveConsumer
from realtime.endpoints import ENDPOINTS
from realtime.running import running_hub

log = structlog.get_logger(__name__)

AsgiApp = Callable[[MutableMapping[str, Any], Any, Any], Awaitable[None]]


def make_application(django_application: AsgiApp) -> AsgiApp:
    """The whole site as one ASGI application."""
    behind_fast_path = express_lane(heavy_requests(sign_in_door(django_application)))
    application: AsgiApp = ProtocolTypeRouter(
        {
            "http": answer_failures(
                limit_body(_http(behind_fast_path), settings.REQUEST_MAX_BYTES)
            ),
            "websocket": _sockets(),
            "lifespan": lifespan,
        }
    )
    return application


def _sockets() -> URLRouter:
    endpoints = [
        re_path(
            endpoint.pattern,
            authenticate_sockets(  # type: ignore[arg-type]
                LiveConsumer.as_asgi(protocol=endpoint.protocol, on_connect=endpoint.on_connect)
            ),
        )
        for endpoint in ENDPOINTS.values()
    ]
    return URLRouter([*endpoints, re_path(r"", _refuse_socket)])  # type: ignore[arg-type]


def _http(django_application: AsgiApp) -> AsgiApp:
    # WhiteNoise would warn of a folder that collectstatic has not made yet.
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    static_files = open_static_door(
        WhiteNoise(
            None,
            root=settings.STATIC_ROOT,
            prefix=settings.STATIC_URL,
            # Names that carry a hash of what is in the file; these are kept for ever.
            immutable_file_test=r"\.[0-9a-f]{12}\.\w+$",
        )
    )

    async def http(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        # Servers without a lifespan, such as Daphne, start the hub with their first request.
        running_hub()
        is_static = scope["path"].startswith(settings.STATIC_URL)
        await (static_files if is_static else django_application)(scope, receive, send)

    return http


async def _refuse_socket(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
    """Answers the handshake with 404, or 403 under servers that know no other refusal."""
    await receive()
    error = NotFoundError()
    log.info("handshake refused", code=error.code)
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close"})
        return
    named, body = refusal_parts(error)
    headers = [(name.encode(), value.encode()) for name, value in named.items()]
    start = {"status": error.http_status.value, "headers": headers}
    await send({"type": "websocket.http.response.start", **start})
    await send({"type": "websocket.http.response.body", "body": body})
