"""The files of pages, as they are handed out."""

import asyncio
import contextvars
from pathlib import Path
from typing import Any

import pytest
from whitenoise import WhiteNoise

from polling_site.asgi_middleware.static_files import open_static_door


@pytest.fixture
def files(tmp_path: Path) -> WhiteNoise:
    (tmp_path / "page.css").write_text("body { color: black }")
    return WhiteNoise(None, root=tmp_path, prefix="/static/")


class Asker:
    """One request, and what came back; ``context`` is that in which it was sent."""

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

    async def ask(self, door: Any) -> "Asker":
        await door(self._scope, self._receive, self._send)
        return self

    async def _receive(self) -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def _send(self, message: dict[str, Any]) -> None:
        self.context = contextvars.copy_context()
        self.status = message.get("status", self.status)
        self.headers |= dict(message.get("headers", []))
        self.body += message.get("body", b"")


async def test_a_file_is_handed_out(files: WhiteNoise) -> None:
    answer = await Asker("/static/page.css").ask(open_static_door(files))
    assert (answer.status, answer.body) == (200, b"body { color: black }")
    assert answer.headers[b"content-type"].startswith(b"text/css")


async def test_a_file_that_has_not_changed_is_not_sent_again(files: WhiteNoise) -> None:
    door = open_static_door(files)
    etag = (await Asker("/static/page.css").ask(door)).headers[b"etag"].decode()
    through_a_proxy = [f"W/{etag}", f'{etag[:-1]}-gzip"', f'"other", {etag}', "*"]
    for known in [etag, *through_a_proxy]:
        answer = await Asker("/static/page.css", if_none_match=known).ask(door)
        assert (answer.status, answer.body) == (304, b"")
    for known in ['"other"', 'W/"other"']:
        assert (await Asker("/static/page.css", if_none_match=known).ask(door)).status == 200


async def test_what_is_not_there_is_not_found(files: WhiteNoise) -> None:
    door = open_static_door(files)
    assert (await Asker("/static/other.css").ask(door)).status == 404
    assert (await Asker("/static/../page.css").ask(door)).status == 404


async def test_files_are_only_read(files: WhiteNoise) -> None:
    door = open_static_door(files)
    assert (await Asker("/static/page.css", method="POST").ask(door)).status == 405
    head = await Asker("/static/page.css", method="HEAD").ask(door)
    assert (head.status, head.body) == (200, b"")


async def test_a_request_that_begins_while_another_is_sent_is_answered(files: WhiteNoise) -> None:
    """As uvicorn begins the next one of a connection whose client doesn't wait."""
    door = open_static_door(files)
    first = await Asker("/static/page.css").ask(door)
    second = Asker("/static/page.css").ask(door)
    assert (await asyncio.create_task(second, context=first.context)).status == 200
