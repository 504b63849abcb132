"""The door at which files are handed out: WhiteNoise, over ASGI.

Not by asgiref's ``WsgiToAsgi``, which sends from inside a thread. What the server begins while it
sends, such as the next request of a connection that doesn't wait for answers, inherits the
thread's context and with it an executor that is about to end: it fails, and is a 500.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any

from whitenoise import WhiteNoise

from apikit.etags import strong_etags
from polling_site.security_headers import security_headers

Scope = MutableMapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Iterable[tuple[str, str]]
    body: bytes


_MISSING = _Answer(404, [("Content-Type", "text/plain; charset=utf-8")], b"There is no such file.")


def open_static_door(files: WhiteNoise) -> Callable[[Scope, Any, Any], Awaitable[None]]:
    """An ASGI application for the files that ``files`` has."""

    async def door(scope: Scope, receive: Any, send: Any) -> None:
        answer = await asyncio.to_thread(_look_up, files, scope)
        named = {**security_headers(), **dict(answer.headers)}
        headers = [(name.lower().encode(), value.encode()) for name, value in named.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    return door


def _look_up(files: WhiteNoise, scope: Scope) -> _Answer:
    file = files.files.get(scope["path"])
    if file is None:
        return _MISSING
    headers = _wsgi_headers(scope)
    known = strong_etags(headers.get("HTTP_IF_NONE_MATCH", ""))
    if file.etag in known or known == ["*"]:
        # WhiteNoise compares the header with its tag letter by letter.
        headers["HTTP_IF_NONE_MATCH"] = file.etag
    response = file.get_response(scope["method"], headers)
    if response.file is None:
        return _Answer(response.status, response.headers, b"")
    with response.file:
        return _Answer(response.status, response.headers, response.file.read())


def _wsgi_headers(scope: Scope) -> dict[str, str]:
    """The request's headers under the names WhiteNoise looks for."""
    return {
        f"HTTP_{name.decode('latin-1').upper().replace('-', '_')}": value.decode("latin-1")
        for name, value in scope["headers"]
    }
