"""The way in: static files past Django, a server's start and end, unknown doors."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pytest_django import Settings

from polling_site.entrance import make_application
from polling_site.lifespan import lifespan
from realtime import hub
from tests.sockets import SocketClient
from votes import writer


async def django_stand_in(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 299, "headers": []})
    await send({"type": "http.response.body", "body": b"django"})


@pytest.fixture
async def browser(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the site, whose only static file is a small stylesheet."""
    monkeypatch.setattr("polling_site.entrance.running_hub", lambda: None)
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATIC_ROOT.mkdir()
    (settings.STATIC_ROOT / "site.css").write_text("body { margin: 0 }")
    (tmp_path / "secret.txt").write_text("secret")
    transport = httpx.ASGITransport(app=make_application(django_stand_in))
    async with httpx.AsyncClient(transport=transport, base_url="http://polls.test") as client:
        yield client


async def test_static_files_do_not_go_through_django(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/static/site.css")
    assert (answer.status_code, answer.text) == (200, "body { margin: 0 }")
    assert answer.headers["Content-Type"].startswith("text/css")
    assert "max-age" in answer.headers["Cache-Control"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert (await browser.get("/docs")).text == "django"


@pytest.mark.parametrize(
    "address",
    ["/static/nope.css", "/static/", "/static/../secret.txt", "/static/%2e%2e/secret.txt"],
)
async def test_what_is_no_static_file_is_not_there(
    browser: httpx.AsyncClient, address: str
) -> None:
    answer = await browser.get(address)
    assert "secret" not in answer.text
    assert answer.status_code in {299, 404}


async def test_an_unknown_door_for_sockets_says_so() -> None:
    client = SocketClient("/nowhere")
    await client.open()
    assert await client.closed_with() == 4504


# Starting and ending


@pytest.fixture
def _signals() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("_signals", "transactional_db")
async def test_the_hub_lives_as_long_as_the_server_and_the_writer_a_little_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    incoming: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    sent: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    ended: list[str] = []
    stop_writer, stop = writer.stop_writer, hub.stop_hub

    def note_writer() -> None:
        ended.append("writer")
        stop_writer()

    async def note_hub() -> None:
        ended.append("hub")
        await stop()

    def note_emails() -> int:
        ended.append("emails")
        return 0

    monkeypatch.setattr("polling_site.lifespan.flush_emails", note_emails)
    monkeypatch.setattr("polling_site.lifespan.stop_writer", note_writer)
    monkeypatch.setattr("polling_site.lifespan.stop_hub", note_hub)
    server = asyncio.create_task(lifespan({"type": "lifespan"}, incoming.get, sent.put))
    await incoming.put({"type": "lifespan.startup"})
    assert (await sent.get())["type"] == "lifespan.startup.complete"
    assert ended == []
    await incoming.put({"type": "lifespan.shutdown"})
    assert (await sent.get())["type"] == "lifespan.shutdown.complete"
    await server
    assert ended == ["writer", "emails", "hub"]
