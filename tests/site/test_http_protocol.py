"""What is written to a client: as little as can be at a time, and nothing too early."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from uvicorn.config import Config
from uvicorn.server import ServerState

from polling_site.server import HttpProtocol

App = Callable[[Any, Any, Any], Awaitable[None]]


class Client(asyncio.Transport):
    """A client's end of a connection to an application: what each write to it was."""

    def __init__(self, app: App) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.is_closed = False
        config = Config(app, http=HttpProtocol, lifespan="off", log_config=None)
        config.load()
        self._state = ServerState()
        self._protocol = HttpProtocol(config, self._state, {})
        self._protocol.connection_made(self)

    async def ask(self, *lines: str) -> None:
        """Sends a request, and waits until all has been done for it."""
        self._protocol.data_received("".join(f"{line}\r\n" for line in (*lines, "")).encode())
        while self._state.tasks:
            await asyncio.gather(*self._state.tasks)

    def leave(self) -> None:
        self._protocol.connection_lost(None)

    def write(self, data: Any) -> None:
        self.writes.append(bytes(data))

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        self.is_closed = True


@pytest.fixture
async def connect() -> AsyncIterator[Callable[[App], Client]]:
    clients: list[Client] = []

    def connect(app: App) -> Client:
        clients.append(Client(app))
        return clients[-1]

    yield connect
    for client in clients:
        client.leave()


def answering(*parts: bytes, status: int = 200) -> App:
    """An application that answers with these parts of a body."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        size = str(sum(map(len, parts))).encode()
        await send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [(b"content-length", size)],
            }
        )
        for number, part in enumerate(parts, start=1):
            is_last = number == len(parts)
            await send({"type": "http.response.body", "body": part, "more_body": not is_last})

    return app


async def test_head_and_body_are_written_at_once(connect: Callable[[App], Client]) -> None:
    client = connect(answering(b"tea"))
    for _ in range(2):
        await client.ask("GET / HTTP/1.1")
    assert len(client.writes) == 2
    for written in client.writes:
        assert written.startswith(b"HTTP/1.1 200 OK\r\n")
        assert written.endswith(b"\r\n\r\ntea")


async def test_requests_that_come_together_are_answered_one_after_the_other(
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
async def test_an_answer_without_a_body_is_written(
    connect: Callable[[App], Client], method: str
) -> None:
    client = connect(answering(b"", status=204))
    await client.ask(f"{method} / HTTP/1.1")
    assert b"".join(client.writes).startswith(b"HTTP/1.1 204 No Content\r\n")


async def test_who_asks_first_whether_to_go_on_is_told_before_anything_else(
    connect: Callable[[App], Client],
) -> None:
    async def echo(scope: Any, receive: Any, send: Any) -> None:
        message = await receive()
        await answering(message["body"])(scope, receive, send)

    client = connect(echo)
    await client.ask("POST / HTTP/1.1", "Expect: 100-continue", "Content-Length: 0")
    interim, answer = client.writes
    assert interim == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")


async def test_an_answer_that_breaks_off_before_its_body_is_not_begun(
    connect: Callable[[App], Client],
) -> None:
    async def fail(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise LookupError

    client = connect(fail)
    await client.ask("GET / HTTP/1.1")
    assert (client.writes, client.is_closed) == ([], True)
