"""Serves the pictures of polls: immutable, and to everybody who knows their address.

Not through Django, because a room loads the pictures of a poll at once, when it begins to vote.
Concurrent requests for a picture share one read, and browsers keep it for ever.
"""

import re

from apikit.clients import client_network
from apikit.errors import ApiError
from apikit.etags import strong_etags
from apikit.exception_handler import as_api_error
from apikit.throttling import admit_request
from polling_site.asgi_middleware.messages import AsgiApp, Receive, Scope, Send
from polling_site.asgi_middleware.responses import encode_headers, send_error
from polling_site.security_headers import security_headers
from polls.errors import PictureNotFoundError
from polls.pictures import read_picture
from realtime.shared_reads import SharedReads

_PATH = re.compile(r"/pictures/([\w-]{20,43})\.webp", re.ASCII)
_HEADERS = {
    "Content-Type": "image/webp",
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Disposition": 'inline; filename="picture.webp"',
    # In case a browser takes it for a document, whatever its type says.
    "Content-Security-Policy": "default-src 'none'; sandbox",
}


class Pictures:
    """ASGI middleware that serves ``GET /pictures/<token>.webp``, and passes on the rest."""

    def __init__(self, app: AsgiApp) -> None:
        self._app = app
        self._shared: SharedReads[None, bytes | None] = SharedReads()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match = _PATH.fullmatch(scope["path"])
        if match is None or scope["method"] not in {"GET", "HEAD"}:
            await self._app(scope, receive, send)
            return
        try:
            webp = await self._read(scope, match[1])
        except Exception as error:  # noqa: BLE001 - outermost place of the request
            await send_error(scope, send, as_api_error(error), {"Allow": "GET, HEAD"})
            return
        await _respond(scope, send, match[1], webp)

    async def _read(self, scope: Scope, token: str) -> bytes:
        webp = await self._shared.get(token, None, lambda _: _find(token))
        if webp is None:
            # Only these are counted: a room behind one address loads many pictures at once.
            admit_request(client_network(scope))
            raise PictureNotFoundError
        return webp


def _find(token: str) -> bytes | None:
    try:
        return read_picture(token)
    except ApiError:
        return None


async def _respond(scope: Scope, send: Send, token: str, webp: bytes) -> None:
    tags = [value.decode("latin-1") for name, value in scope["headers"] if name == b"if-none-match"]
    is_known = any(f'"{token}"' in strong_etags(each) for each in tags)
    headers = {**security_headers(), **_HEADERS, "ETag": f'"{token}"'}
    if not is_known:
        headers["Content-Length"] = str(len(webp))
    body = b"" if is_known or scope["method"] == "HEAD" else webp
    status = 304 if is_known else 200
    start = {"status": status, "headers": encode_headers(headers)}
    await send({"type": "http.response.start", **start})
    await send({"type": "http.response.body", "body": body})
