"""Puts the parts together: which kind of connection goes where."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping
from typing import Any

from asgiref.wsgi import WsgiToAsgi
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.urls import re_path
from whitenoise import WhiteNoise

from accounts.socket_auth import authenticate_sockets
from apikit.body_limit import limit_body
from polling_site.express_lane import express_lane
from polling_site.lifespan import lifespan
from realtime.close_codes import CloseCode
from realtime.consumers import LiveConsumer
from realtime.doors import DOORS
from realtime.hub import running_hub

AsgiApp = Callable[[MutableMapping[str, Any], Any, Any], Awaitable[None]]
WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def make_application(django_application: AsgiApp) -> AsgiApp:
    """The whole site as one ASGI application."""
    application: AsgiApp = ProtocolTypeRouter(
        {
            "http": _http(express_lane(limit_body(django_application, settings.REQUEST_MAX_BYTES))),
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
    white_noise = WhiteNoise(
        _no_such_file,
        root=settings.STATIC_ROOT,
        prefix=settings.STATIC_URL,
        # Names that carry a hash of what is in the file; these are kept for ever.
        immutable_file_test=r"\.[0-9a-f]{12}\.\w+$",
    )
    static_files = WsgiToAsgi(_closing(white_noise))

    async def http(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        # Servers without a lifespan, such as Daphne, start the hub with their first request.
        running_hub()
        is_static = scope["path"].startswith(settings.STATIC_URL)
        await (static_files if is_static else django_application)(scope, receive, send)

    return http


def _closing(wsgi_application: WsgiApp) -> WsgiApp:
    """Closes what is served, which WSGI asks of a server and ``WsgiToAsgi`` forgets."""

    def closing(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterator[bytes]:
        body = wsgi_application(environ, start_response)
        try:
            yield from body
        finally:
            if hasattr(body, "close"):
                body.close()

    return closing


def _no_such_file(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("404 Not Found", [("Content-Type", "text/plain; charset=utf-8")])
    return [b"There is no such file."]


async def _refuse_socket(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    code = CloseCode.NOT_FOUND
    await send({"type": "websocket.close", "code": code.value, "reason": code.reason})
