"""Routing: static files, failures, unknown WebSocket paths, and the lifespan."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from pytest_django import Settings

from polling_site.asgi import application
from polling_site.asgi_middleware.server_errors import ServerErrors
from polling_site.routing import make_application
from polling_site.server.lifespan import lifespan
from realtime import running
from tests.site.connections import Client
from tests.site.raw_http import body_of
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
    monkeypatch.setattr("polling_site.routing.running_hub", lambda: None)
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
async def test_a_missing_static_file_is_not_found(browser: httpx.AsyncClient, address: str) -> None:
    answer = await browser.get(address)
    assert "secret" not in answer.text
    assert answer.status_code in {299, 404}


async def test_an_unhandled_exception_gets_the_usual_error_response(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError("secret of the house")

    monkeypatch.setattr("polling_site.routing.running_hub", lambda: None)
    transport = httpx.ASGITransport(app=make_application(fail))
    async with httpx.AsyncClient(transport=transport, base_url="http://polls.test") as client:
        answer = await client.get("/anything")
    assert (answer.status_code, answer.json()["code"]) == (500, "server.error")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "secret" not in answer.text
    assert "secret of the house" in caplog.text


async def test_a_response_that_has_begun_is_not_begun_again() -> None:
    sent: list[str] = []

    async def fail_late(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError

    async def send(message: Any) -> None:
        if message["type"] in sent:
            raise RuntimeError("as a server does")
        sent.append(message["type"])

    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    with pytest.raises(RuntimeError, match="as a server does"):
        await ServerErrors(fail_late)(scope, never, send)
    assert sent == ["http.response.start"]


async def never() -> Any:
    raise AssertionError


# Sockets


def handshake(path: str, *headers: str) -> bytes:
    lines = [
        f"GET {path} HTTP/1.1", "Host: localhost", "Upgrade: websocket", "Connection: Upgrade",
        "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", *headers,
    ]  # fmt: skip
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode("latin-1")


@pytest.mark.parametrize(
    "path",
    ["/nowhere", "/", "/api/polls", "/ws/a/b", "/socket.io/a", "/engine.io/", "http://[/ws", "*"],
)
async def test_a_socket_at_an_unknown_path_is_refused_in_the_handshake(
    connect: Callable[..., Client], caplog: pytest.LogCaptureFixture, path: str
) -> None:
    caplog.set_level("INFO")
    client = connect(application)
    await client.send(handshake(path, "Cookie: tallyroom_session=a", "Origin: http://["))
    answer = b"".join(client.writes)
    assert client.statuses == [404]
    assert body_of(answer).startswith(b'{"error":"Not Found","code":"not_found",')
    assert b"\r\nx-content-type-options: nosniff\r\n" in answer
    assert client.is_closed
    assert [record.levelname for record in caplog.records] == ["INFO"]


async def test_a_server_without_handshake_responses_refuses_with_403() -> None:
    client = SocketClient("/nowhere")
    with pytest.raises(AssertionError):
        await client.open()


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("Cookie: " + "a" * 9_000, 431),
        ("Sec-WebSocket-Protocol: bearer, \xff", 400),
        ("Sec-WebSocket-Protocol: a b", 400),
        ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", 400),
        ("Connection: ,\xff", 400),
        ("Origin: http://a\r\nOrigin: http://b", 400),
    ],
)
async def test_a_malformed_handshake_is_refused_at_once(
    connect: Callable[..., Client], caplog: pytest.LogCaptureFixture, header: str, status: int
) -> None:
    caplog.set_level("INFO")
    client = connect(application)
    await client.send(handshake("/ws", header))
    answer = b"".join(client.writes)
    assert client.statuses == [status]
    assert b"\r\nx-content-type-options: nosniff\r\n" in answer
    assert b"\r\ncontent-type: application/json\r\n" in answer
    assert client.is_closed
    assert [record.levelname for record in caplog.records] == ["INFO"]


# Lifespan


@pytest.fixture
def _signals() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("_signals", "transactional_db")
async def test_shutdown_stops_the_writer_before_the_hub(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    incoming: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    sent: asyncio.Queue[dict[str, str]] = asyncio.Queue()
    ended: list[str] = []
    stop_writer, stop = writer.stop_writer, running.stop_hub

    def note_writer() -> None:
        ended.append("writer")
        stop_writer()

    async def note_hub() -> None:
        ended.append("hub")
        await stop()

    def note_emails() -> int:
        ended.append("emails")
        return 0

    monkeypatch.setattr("polling_site.server.lifespan.flush_emails", note_emails)
    monkeypatch.setattr("polling_site.server.lifespan.stop_writer", note_writer)
    monkeypatch.setattr("polling_site.server.lifespan.stop_hub", note_hub)
    server = asyncio.create_task(lifespan({"type": "lifespan"}, incoming.get, sent.put))
    await incoming.put({"type": "lifespan.startup"})
    assert (await sent.get())["type"] == "lifespan.startup.complete"
    assert ended == []
    await incoming.put({"type": "lifespan.shutdown"})
    assert (await sent.get())["type"] == "lifespan.shutdown.complete"
    await server
    assert ended == ["writer", "emails", "hub"]
