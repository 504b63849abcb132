"""Puts the parts together: which kind of connection goes where."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.urls import re_path
from whitenoise import WhiteNoise

from accounts.socket_auth import authenticate_sockets
from polling_site.body_limit import limit_body
from polling_site.express_lane import express_lane
from polling_site.heavy_requests import heavy_requests
from polling_site.lifespan import lifespan
from polling_site.sign_in_door import sign_in_door
from polling_site.static_door import open_static_door
from realtime.close_codes import CloseCode
from realtime.consumers import LiveConsumer
from realtime.doors import DOORS
from realtime.hub import running_hub

AsgiApp = Callable[[MutableMapping[str, Any], Any, Any], Awaitable[None]]


def make_application(django_application: AsgiApp) -> AsgiApp:
    """The whole site as one ASGI application."""
    behind_fast_path = express_lane(heavy_requests(sign_in_door(django_application)))
    application: AsgiApp = ProtocolTypeRouter(
        {
            "http": limit_body(_http(behind_fast_path), settings.REQUEST_MAX_BYTES),
            "websocket": authenticate_sockets(_sockets()),
            "lifespan": lifespan,
        }
    )
    return application


def _sockets() -> URLRouter:
    doors = [
        re_path(door.pattern, LiveConsumer.as_asgi(dialect=door.dialect, opening=door.opening))
        for door in DOORS
    ]
    return URLRouter([*doors, re_path(r"", _refuse_socket)])  # type: ignore[arg-type]


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
    await receive()
    await send({"type": "websocket.accept"})
    code = CloseCode.NOT_FOUND
    await send({"type": "websocket.close", "code": code.value, "reason": code.reason})
