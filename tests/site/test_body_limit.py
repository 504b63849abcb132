"""A request's body is bounded, whether it announces its size or not."""

import json
from collections.abc import Iterable
from typing import Any

import pytest

from polling_site.body_limit import limit_body

LIMIT_BYTES = 10


class Server:
    """What a server does for one request: hands over the body in parts, takes the answer."""

    def __init__(self, parts: Iterable[bytes], announced: bytes | None) -> None:
        self._parts = list(parts)
        self._headers = [(b"content-length", announced)] if announced is not None else []
        self.sent: list[Any] = []
        self.body_read = b""

    async def receive(self) -> dict[str, Any]:
        part = self._parts.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(self._parts)}

    async def send(self, message: Any) -> None:
        self.sent.append(message)

    async def answer(self) -> int:
        headers = [(b"host", b"polls.test"), *self._headers]
        scope = {"type": "http", "method": "POST", "path": "/api/polls", "headers": headers}
        await limit_body(self._application, LIMIT_BYTES)(scope, self.receive, self.send)
        return int(self.sent[0]["status"])

    async def _application(self, scope: Any, receive: Any, send: Any) -> None:
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
        ([b"0123"], b"nonsense"),
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
    assert server.body_read == b"0123456789"


async def test_the_refusal_has_the_form_of_all_others() -> None:
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
