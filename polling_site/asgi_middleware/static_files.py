"""Serves static files over ASGI, with WhiteNoise.

asgiref's ``WsgiToAsgi`` is not used, because it sends from a thread. If the server starts the next
pipelined request during that send, the request inherits the thread's context, whose executor is
about to shut down: it fails with a 500.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from whitenoise import WhiteNoise

from apikit.etags import strong_etags
from polling_site.asgi_middleware.messages import AsgiApp, Receive, Scope, Send
from polling_site.asgi_middleware.responses import encode_headers
from polling_site.security_headers import security_headers


@dataclass(frozen=True, slots=True)
class _FileResponse:
    status: int
    headers: Iterable[tuple[str, str]]
    body: bytes


_NOT_FOUND = _FileResponse(
    404, [("Content-Type", "text/plain; charset=utf-8")], b"There is no such file."
)


class StaticFiles:
    """ASGI middleware that serves the files in ``files`` below ``url_prefix``."""

    def __init__(self, app: AsgiApp, files: WhiteNoise, url_prefix: str) -> None:
        self._app = app
        self._files = files
        self._url_prefix = url_prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not scope["path"].startswith(self._url_prefix):
            await self._app(scope, receive, send)
            return
        response = await asyncio.to_thread(_find_file, self._files, scope)
        headers = encode_headers({**security_headers(), **dict(response.headers)})
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await send({"type": "http.response.body", "body": response.body})


def _find_file(files: WhiteNoise, scope: Scope) -> _FileResponse:
    file = files.files.get(scope["path"])
    if file is None:
        return _NOT_FOUND
    headers = _wsgi_headers(scope)
    known = strong_etags(headers.get("HTTP_IF_NONE_MATCH", ""))
    if file.etag in known or known == ["*"]:
        # WhiteNoise compares the header with its tag letter by letter.
        headers["HTTP_IF_NONE_MATCH"] = file.etag
    response = file.get_response(scope["method"], headers)
    if response.file is None:
        return _FileResponse(response.status, response.headers, b"")
    with response.file:
        return _FileResponse(response.status, response.headers, response.file.read())


def _wsgi_headers(scope: Scope) -> dict[str, str]:
    """The request's headers under the names WhiteNoise looks for."""
    return {
        f"HTTP_{name.decode('latin-1').upper().replace('-', '_')}": value.decode("latin-1")
        for name, value in scope["headers"]
    }
