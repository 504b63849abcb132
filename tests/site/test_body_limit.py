"""Request bodies are bounded, with and without an announced length."""

import json
from collections.abc import Iterable
from typing import Any

import pytest

from polling_site.asgi_middleware.body_limit import BodyLimit

LIMIT_BYTES = 10


class Server:
    """Stands in for a server: passes a body in parts, and records the response."""

    def __init__(
        self, parts: Iterable[bytes], announced: bytes | None, version: str = "1.1"
    ) -> None:
        self._version = version
        self.leaves_after: int | None = None
        self._parts = list(parts)
        is_announced = announced is not None
        self._headers = (
            [(b"content-length", announced)]
            if is_announced
            else [(b"transfer-encoding", b"chunked")]
        )
        self.sent: list[Any] = []
        self.body_read = b""
        self.headers_seen: list[tuple[bytes, bytes]] = []

    async def receive(self) -> dict[str, Any]:
        if self.leaves_after == 0:
            return {"type": "http.disconnect"}
        if self.leaves_after is not None:
            self.leaves_after -= 1
        part = self._parts.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(self._parts)}

    @property
    def parts_left(self) -> int:
        return len(self._parts)

    async def send(self, message: Any) -> None:
        self.sent.append(message)

    async def answer(self) -> int:
        headers = [(b"host", b"polls.test"), *self._headers]
        scope = {
            "type": "http",
            "http_version": self._version,
            "method": "POST",
            "path": "/api/polls",
            "headers": headers,
        }
        await BodyLimit(self._application, LIMIT_BYTES)(scope, self.receive, self.send)
        return int(self.sent[0]["status"])

    async def _application(self, scope: Any, receive: Any, send: Any) -> None:
        self.headers_seen = scope["headers"]
        while (message := await receive())["more_body"]:
            self.body_read += message["body"]
        self.body_read += message["body"]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


@pytest.mark.parametrize(
    ("parts", "announced"),
    [
        ([b""], None),
        ([b"0123456789"], b"10"),
        ([b"01234", b"56789"], None),
    ],
)
async def test_a_body_within_the_limit_passes(parts: list[bytes], announced: bytes | None) -> None:
    server = Server(parts, announced)
    assert await server.answer() == 200
    assert server.body_read == b"".join(parts)


async def test_an_announced_body_above_the_limit_is_not_read() -> None:
    server = Server([b"0123456789a"], b"11")
    assert await server.answer() == 413
    assert server.body_read == b""


@pytest.mark.parametrize("announced", [None, b"3"])
async def test_a_body_that_grows_above_the_limit_is_read_no_further(
    announced: bytes | None,
) -> None:
    server = Server([b"01234", b"56789", b"a", b"never read"], announced)
    assert await server.answer() == 413
    # Without a length, it is read before the application is called.
    assert server.body_read == (b"" if announced is None else b"0123456789")
    assert server.parts_left == 1


@pytest.mark.parametrize("parts", [[b"01234", b"", b"567"], [b""]])
async def test_the_application_gets_every_body_with_its_length(parts: list[bytes]) -> None:
    server = Server(parts, None)
    assert await server.answer() == 200
    assert server.body_read == b"".join(parts)
    length = str(len(server.body_read)).encode()
    assert server.headers_seen == [(b"host", b"polls.test"), (b"content-length", length)]


async def test_a_body_over_http_2_needs_no_header_at_all() -> None:
    server = Server([b"012", b"345"], None, version="2")
    server._headers = []
    assert await server.answer() == 200
    assert (b"content-length", b"6") in server.headers_seen


@pytest.mark.parametrize(
    "headers",
    [
        [(b"content-length", b"nonsense")],
        [(b"content-length", b"-1")],
        [(b"content-length", b"")],
        [(b"content-length", b"3"), (b"content-length", b"4")],
        [(b"content-length", b"3"), (b"transfer-encoding", b"chunked")],
        [(b"transfer-encoding", b"gzip, chunked")],
        [(b"transfer-encoding", b"identity")],
    ],
)
async def test_an_ambiguous_length_is_refused(
    headers: list[tuple[bytes, bytes]],
) -> None:
    server = Server([b"tea"], None)
    server._headers = headers
    assert await server.answer() == 400
    assert (b"connection", b"close") in server.sent[0]["headers"]


async def test_a_length_of_many_digits_is_too_large() -> None:
    assert await Server([b"x"], b"1" * 5000).answer() == 413
    assert await Server([b"tea"], b"0" * 5000 + b"3").answer() == 200


async def test_a_client_that_disconnects_while_sending_gets_no_response() -> None:
    server = Server([b"01234", b"567"], None)
    server.leaves_after = 1
    with pytest.raises(IndexError):
        await server.answer()
    assert (server.sent, server.headers_seen) == ([], [])


async def test_the_error_has_the_usual_format() -> None:
    server = Server([b"x"], b"99")
    await server.answer()
    start, body = server.sent
    assert dict(start["headers"])[b"content-type"] == b"application/json"
    assert dict(start["headers"])[b"content-length"] == str(len(body["body"])).encode()
    assert json.loads(body["body"]) == {
        "error": "Request Entity Too Large",
        "code": "request.too_large",
        "message": "The request is too large.",
    }
    assert b'": ' not in body["body"]
