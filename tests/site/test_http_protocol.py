"""How responses are written: in few writes, and in order."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.site.connections import App, Client, answering, echo


async def test_head_and_body_are_written_together(connect: Callable[[App], Client]) -> None:
    client = connect(answering(b"tea"))
    for _ in range(2):
        await client.ask("GET / HTTP/1.1")
    assert len(client.writes) == 2
    for written in client.writes:
        assert written.startswith(b"HTTP/1.1 200 OK\r\n")
        assert written.endswith(b"\r\n\r\ntea")


async def test_pipelined_requests_are_answered_in_order(
    connect: Callable[[App], Client],
) -> None:
    client = connect(answering(b"tea"))
    await client.ask("GET /1 HTTP/1.1", "", "GET /2 HTTP/1.1")
    assert [written[-3:] for written in client.writes] == [b"tea"] * 2


async def test_the_rest_of_a_body_follows_as_it_comes(connect: Callable[[App], Client]) -> None:
    client = connect(answering(b"tea", b" or ", b"coffee"))
    await client.ask("GET / HTTP/1.1")
    first, *others = client.writes
    assert first.endswith(b"\r\n\r\ntea")
    assert others == [b" or ", b"coffee"]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_response_without_a_body_is_written(
    connect: Callable[[App], Client], method: str
) -> None:
    client = connect(answering(b"", status=204))
    await client.ask(f"{method} / HTTP/1.1")
    assert b"".join(client.writes).startswith(b"HTTP/1.1 204 No Content\r\n")


async def test_100_continue_is_written_first(
    connect: Callable[[App], Client],
) -> None:
    client = connect(echo)
    await client.ask("POST / HTTP/1.1", "Expect: 100-continue", "Content-Length: 0")
    interim, answer = client.writes
    assert interim == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")


async def test_a_response_that_fails_before_its_body_is_not_begun(
    connect: Callable[[App], Client],
) -> None:
    async def fail(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise LookupError

    client = connect(fail)
    await client.ask("GET / HTTP/1.1")
    assert (client.writes, client.is_closed) == ([], True)
