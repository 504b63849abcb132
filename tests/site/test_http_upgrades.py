"""Upgrade requests are ordinary requests unless they are a WebSocket handshake."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from polling_site.server.websocket_protocol import WebSocketProtocol
from tests.site.connections import Client, answering, echo

H2C = "Connection: keep-alive, Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA\r\n"
KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
VERSION = "Sec-WebSocket-Version: 13\r\n"
WEBSOCKET = "Connection: Upgrade\r\nUpgrade: websocket\r\n"
HANDSHAKE = WEBSOCKET + KEY + VERSION

Connect = Callable[..., Client]


def request(line: str, headers: str, body: bytes = b"") -> bytes:
    return f"{line} HTTP/1.1\r\nHost: polls.test\r\n{headers}\r\n".encode() + body


@pytest.mark.parametrize("upgrade", [H2C, H2C.replace("h2c", "TLS/1.0, foo"), H2C.lower()])
@pytest.mark.parametrize("step", [1, 7, 10_000])
@pytest.mark.parametrize(
    ("framing", "body"),
    [
        ("Content-Length: 7\r\n", b"tea=yes"),
        ("Transfer-Encoding: chunked\r\n", b"3\r\ntea\r\n4\r\n=yes\r\n0\r\n\r\n"),
    ],
)
async def test_a_declined_upgrade_keeps_its_body_and_the_next_request(
    connect: Connect, upgrade: str, step: int, framing: str, body: bytes
) -> None:
    client = connect(echo)
    data = request("POST /a", upgrade + framing, body) + request("GET /b", "")
    for start in range(0, len(data), step):
        client.send_only(data[start : start + step])
    await client.send(b"")
    assert [written.partition(b"\r\n\r\n")[2] for written in client.writes] == [
        b"POST /a tea=yes",
        b"GET /b ",
    ]
    assert not client.is_closed


async def test_the_application_does_not_see_a_declined_upgrade(connect: Connect) -> None:
    seen: list[tuple[bytes, bytes]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.extend(scope["headers"])
        await answering(b"ok")(scope, receive, send)

    await connect(app).send(request("GET /", H2C + "Accept: */*\r\n"))
    assert seen == [(b"host", b"polls.test"), (b"connection", b"keep-alive"), (b"accept", b"*/*")]


@pytest.mark.parametrize(
    "headers",
    ["Upgrade: websocket\r\n" + KEY + VERSION, "Connection: close\r\nUpgrade: websocket\r\n"],
)
async def test_without_connection_upgrade_it_is_an_ordinary_request(
    connect: Connect, headers: str
) -> None:
    client = connect(echo)
    await client.send(request("POST /a", headers + "Content-Length: 3\r\n", b"tea"))
    assert client.writes[0].endswith(b"POST /a tea")


async def test_http_1_0_has_no_upgrade(connect: Connect) -> None:
    client = connect(echo)
    await client.send(request("GET /a", HANDSHAKE).replace(b"HTTP/1.1", b"HTTP/1.0"))
    assert client.writes[0].endswith(b"GET /a ")


@pytest.mark.parametrize(
    "name", ["websocket", "WebSocket", "WEBSOCKET", "foo, websocket", "h2c,websocket ,bar"]
)
async def test_a_handshake_reaches_the_socket_protocol(connect: Connect, name: str) -> None:
    scopes: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scopes.append(scope)
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close"})

    client = connect(app)
    await client.send(request("GET /ws?a=1", HANDSHAKE.replace("websocket", name)))
    assert type(client.protocol).__name__ == WebSocketProtocol.__name__
    assert client.statuses == [101]
    assert (scopes[0]["type"], scopes[0]["path"], scopes[0]["query_string"]) == (
        "websocket",
        "/ws",
        b"a=1",
    )


@pytest.mark.parametrize(
    ("line", "headers", "body", "status"),
    [
        ("POST /ws", HANDSHAKE, b"", 405),
        ("POST /ws", HANDSHAKE + "Content-Length: 2\r\n", b"{}", 405),
        ("PUT /ws", HANDSHAKE + "Transfer-Encoding: chunked\r\n", b"2\r\n{}\r\n0\r\n\r\n", 405),
        ("GET /ws", HANDSHAKE + "Content-Length: 2\r\n", b"{}", 400),
        ("GET /ws", HANDSHAKE + "Content-Length: 2\r\n", b"", 400),
        ("GET /ws", HANDSHAKE + "Transfer-Encoding: chunked\r\n", b"0\r\n\r\n", 400),
        ("GET /ws", HANDSHAKE, b"\x81\x00", 400),
        ("GET /ws", WEBSOCKET + VERSION, b"", 400),
        ("GET /ws", WEBSOCKET + VERSION + "Sec-WebSocket-Key: tea\r\n", b"", 400),
        ("GET /ws", WEBSOCKET + VERSION + "Sec-WebSocket-Key: \xff\r\n", b"", 400),
        ("GET /ws", WEBSOCKET + KEY + "Sec-WebSocket-Version: 8\r\n", b"", 400),
        ("CONNECT polls.test:80", "", b"", 405),
    ],
)
async def test_an_invalid_handshake_is_refused_at_once(
    connect: Connect, line: str, headers: str, body: bytes, status: int
) -> None:
    client = connect(echo)
    await client.send(request(line, headers, body))
    assert (client.statuses, client.is_closed) == ([status], True)
    refusal = json.loads(client.writes[0].partition(b"\r\n\r\n")[2])
    assert refusal["code"] in {"method_not_allowed", "request.invalid"}


async def test_a_pipelined_handshake_is_refused(connect: Connect) -> None:
    may_answer = asyncio.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await may_answer.wait()
        await answering(b"tea")(scope, receive, send)

    client = connect(app)
    client.send_only(request("GET /a", "") + request("GET /ws", HANDSHAKE))
    assert (client.writes, client.is_closed) == ([], False)
    may_answer.set()
    await client.send(b"")
    assert client.statuses == [200]
    assert client.is_closed
