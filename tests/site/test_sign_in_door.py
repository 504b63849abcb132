"""Where a wave of people who sign in waits its turn, and nobody else does."""

import asyncio
from typing import Any

import pytest
from pytest_django import Settings

from polling_site.sign_in_door import sign_in_door

PATIENCE_S = 10
LOGIN = "/api/auth/login"


class Inside:
    """What is behind the door: it keeps who comes in until told to let them go."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.bodies: list[bytes] = []
        self.may_go = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.paths.append(scope["path"])
        is_complete, body = False, b""
        while not is_complete:
            message = await receive()
            body += message["body"]
            is_complete = not message.get("more_body")
        self.bodies.append(body)
        await self.may_go.wait()


class Visit:
    """A request at the door, and what it was answered there."""

    def __init__(
        self, door: Any, path: str, method: str = "POST", *, is_slow: bool = False
    ) -> None:
        self.sent: list[Any] = []
        self.coming: asyncio.Queue[Any] = asyncio.Queue()
        self.come(b"{", more_body=True)
        if not is_slow:
            self.come(b"}")
        scope = {"type": "http", "method": method, "path": path, "headers": []}
        self.task = asyncio.create_task(door(scope, self.coming.get, self._send))

    def come(self, body: bytes, *, more_body: bool = False) -> None:
        """A part of what is sent arrives."""
        self.coming.put_nowait({"type": "http.request", "body": body, "more_body": more_body})

    def go_away(self) -> None:
        self.coming.put_nowait({"type": "http.disconnect"})

    async def _send(self, message: Any) -> None:
        self.sent.append(message)


@pytest.fixture
def small(settings: Settings) -> None:
    settings.PASSWORD_HASH_CONCURRENCY = 1
    settings.PASSWORD_HASH_QUEUE = 1


async def begun(*visits: Visit) -> None:
    """Until each has come as far as it can."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_one_at_a_time_comes_through_and_more_than_may_wait_are_refused(small: None) -> None:
    inside = Inside()
    door = sign_in_door(inside)
    first, second, third = (Visit(door, path) for path in (LOGIN, "/api/v1/auth/register/", LOGIN))
    await begun(first, second, third)
    assert inside.paths == [LOGIN]
    assert third.task.done()
    head = third.sent[0]
    assert head["status"] == 429
    assert dict(head["headers"])[b"retry-after"] == b"3"
    assert not second.sent
    inside.may_go.set()
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.gather(first.task, second.task)
    assert inside.paths == [LOGIN, "/api/v1/auth/register/"]


async def test_everybody_else_passes(small: None) -> None:
    inside = Inside()
    door = sign_in_door(inside)
    Visit(door, LOGIN)
    others = [Visit(door, LOGIN, "OPTIONS"), Visit(door, "/api/auth/guest"), Visit(door, "/")]
    await begun(*others)
    assert inside.paths == [LOGIN, LOGIN, "/api/auth/guest", "/"]
    inside.may_go.set()
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.gather(*(each.task for each in others))


async def test_who_goes_away_makes_room(small: None) -> None:
    inside = Inside()
    door = sign_in_door(inside)
    first, second = Visit(door, LOGIN), Visit(door, LOGIN)
    await begun(first, second)
    second.task.cancel()
    await begun()
    third = Visit(door, LOGIN)
    await begun(third)
    assert not third.sent
    inside.may_go.set()
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.gather(first.task, third.task)


async def test_who_sends_slowly_keeps_nobody_waiting(small: None) -> None:
    inside = Inside()
    door = sign_in_door(inside)
    slow, gone = (Visit(door, LOGIN, is_slow=True) for _ in range(2))
    await begun(slow, gone)
    quick = Visit(door, LOGIN)
    gone.go_away()
    await begun(quick, gone)
    assert inside.bodies == [b"{}"]
    assert gone.task.done()
    assert not gone.sent
    slow.come(b"}")
    inside.may_go.set()
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.gather(quick.task, slow.task)
    assert inside.bodies == [b"{}", b"{}"]
