"""Static files over ASGI."""

import asyncio
import contextvars
from pathlib import Path
from typing import Any

import pytest
from whitenoise import WhiteNoise

from polling_site.asgi_middleware.static_files import StaticFiles


@pytest.fixture
def files(tmp_path: Path) -> WhiteNoise:
    (tmp_path / "page.css").write_text("body { color: black }")
    return WhiteNoise(None, root=tmp_path, prefix="/static/")


def serving(files: WhiteNoise) -> StaticFiles:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError("not a static file")

    return StaticFiles(app, files, "/static/")


class Asker:
    """A request and its response; ``context`` is the one that the response was sent in."""

    def __init__(self, path: str, method: str = "GET", **headers: str) -> None:
        self._scope = {
            "type": "http",
            "path": path,
            "method": method,
            "headers": [
                (name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()
            ],
        }
        self.status = 0
        self.headers: dict[bytes, bytes] = {}
        self.body = b""
        self.context: contextvars.Context | None = None

    async def ask(self, app: Any) -> "Asker":
        await app(self._scope, self._receive, self._send)
        return self

    async def _receive(self) -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def _send(self, message: dict[str, Any]) -> None:
        self.context = contextvars.copy_context()
        self.status = message.get("status", self.status)
        self.headers |= dict(message.get("headers", []))
        self.body += message.get("body", b"")


async def test_a_file_is_served(files: WhiteNoise) -> None:
    answer = await Asker("/static/page.css").ask(serving(files))
    assert (answer.status, answer.body) == (200, b"body { color: black }")
    assert answer.headers[b"content-type"].startswith(b"text/css")


async def test_an_unchanged_file_is_not_sent_again(files: WhiteNoise) -> None:
    app = serving(files)
    etag = (await Asker("/static/page.css").ask(app)).headers[b"etag"].decode()
    through_a_proxy = [f"W/{etag}", f'{etag[:-1]}-gzip"', f'"other", {etag}', "*"]
    for known in [etag, *through_a_proxy]:
        answer = await Asker("/static/page.css", if_none_match=known).ask(app)
        assert (answer.status, answer.body) == (304, b"")
    for known in ['"other"', 'W/"other"']:
        assert (await Asker("/static/page.css", if_none_match=known).ask(app)).status == 200


async def test_a_missing_file_is_not_found(files: WhiteNoise) -> None:
    app = serving(files)
    assert (await Asker("/static/other.css").ask(app)).status == 404
    assert (await Asker("/static/../page.css").ask(app)).status == 404


async def test_only_get_and_head_are_allowed(files: WhiteNoise) -> None:
    app = serving(files)
    assert (await Asker("/static/page.css", method="POST").ask(app)).status == 405
    head = await Asker("/static/page.css", method="HEAD").ask(app)
    assert (head.status, head.body) == (200, b"")


async def test_a_pipelined_request_is_served(files: WhiteNoise) -> None:
    """Uvicorn starts the next pipelined request in the context of the previous send."""
    app = serving(files)
    first = await Asker("/static/page.css").ask(app)
    second = Asker("/static/page.css").ask(app)
    assert (await asyncio.create_task(second, context=first.context)).status == 200
