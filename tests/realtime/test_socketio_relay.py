"""Requests that reach a process which does not have their session."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from realtime.socketio.relay import DIRECTORY_VARIABLE, Relay

OWNER, OTHER = "0000000a", "0000000b"
SID = f"web1-{OWNER}.abc"

Message = dict[str, Any]


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answers with what it gets, until the client disconnects or says that it drops it."""
    while not (message := await receive())["type"].endswith(".disconnect"):
        if message.get("text") == "drop":
            return
        await send({"type": "websocket.send", "path": scope["path"], "got": message})
    left.set_result(None)


left: "asyncio.Future[None]"


@pytest.fixture
async def relay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Relay]:
    """That of the process without the session; the other one echoes."""
    global left  # noqa: PLW0603
    left = asyncio.get_running_loop().create_future()
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(tmp_path))
    owner = Relay(OWNER, echo)
    await owner.start()
    yield Relay(OTHER, echo)
    assert owner._server is not None
    owner._server.close()


class Client:
    """The client's side of a request."""

    def __init__(self, *messages: Message) -> None:
        self.scope: Message = {
            "type": "websocket",
            "path": "/socket.io/",
            "headers": [(b"a", b"\xff")],
            "extensions": {"tallyroom.abort": lambda: setattr(self, "is_aborted", True)},
        }
        self.sent: list[Message] = []
        self.is_aborted = False
        self._messages = list(messages)

    async def receive(self) -> Message:
        if self._messages:
            return self._messages.pop(0)
        return await asyncio.get_running_loop().create_future()  # type: ignore[no-any-return]

    async def send(self, message: Any) -> None:
        self.sent.append(message)


def frame(**fields: Any) -> Message:
    return {"type": "websocket.receive", **fields}


async def test_messages_go_both_ways(relay: Relay) -> None:
    messages = [frame(text="a"), frame(bytes=b"\xff\x00"), frame(text="x" * 200_000)]
    client = Client(*messages, frame(text="drop"))
    assert await relay.pass_on(SID, client.scope, client.receive, client.send)
    assert [each["got"] for each in client.sent] == messages
    assert {each["path"] for each in client.sent} == {"/socket.io/"}


async def test_a_client_that_leaves_is_gone_there_too(relay: Relay) -> None:
    client = Client({"type": "websocket.disconnect", "code": 1001})
    await relay.pass_on(SID, client.scope, client.receive, client.send)
    await left


async def test_a_client_that_is_dropped_there_is_dropped_here(relay: Relay) -> None:
    client = Client(frame(text="a"), frame(text="drop"))
    await relay.pass_on(SID, client.scope, client.receive, client.send)
    assert client.is_aborted


async def test_a_process_that_ends_before_it_answers(relay: Relay) -> None:
    client = Client(frame(text="drop"))
    client.scope["type"] = "http"
    assert await relay.pass_on(SID, client.scope, client.receive, client.send)
    assert [each["type"] for each in client.sent] == ["http.response.start", "http.response.body"]
    assert client.sent[0]["status"] == 503


@pytest.mark.parametrize(
    "sid", ["", "x", f"web1-{OTHER}.abc", "web1-0000000c.abc", f"web1-../{OWNER}.abc"]
)
async def test_a_session_of_nobody_else_is_handled_here(relay: Relay, sid: str) -> None:
    client = Client()
    assert not await relay.pass_on(sid, client.scope, client.receive, client.send)


async def test_a_single_process_passes_nothing_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(DIRECTORY_VARIABLE, raising=False)
    alone, client = Relay(OTHER, echo), Client()
    await alone.start()
    assert not await alone.pass_on(SID, client.scope, client.receive, client.send)
