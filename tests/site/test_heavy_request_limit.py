"""Heavy requests are handled one at a time; all others pass."""

import asyncio
import json
from typing import Any

import pytest
from pytest_django import Settings

from apikit.fair_gate import FairGate
from polling_site.asgi_middleware import heavy_request_limit as limit_module
from polling_site.asgi_middleware.heavy_request_limit import LARGE_BODY_BYTES, HeavyRequestLimit

ID = "01985c2e-7a4b-7c11-9f0e-3f3b1c7d2a10"
HEAVY = f"/api/polls/{ID}/export"


class Behind:
    """The application behind the middleware; begins responses when the test allows."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.bodies: list[bytes] = []
        self.may_answer = asyncio.Event()
        self.may_finish = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.begun.append(scope["path"])
        body = b""
        while True:
            message = await receive()
            body += message["body"]
            if not message.get("more_body"):
                break
        self.bodies.append(body)
        await self.may_answer.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await self.may_finish.wait()
        await send({"type": "http.response.body", "body": b""})


class Visit:
    """A request to the middleware, and its response."""

    def __init__(
        self,
        app: Any,
        path: str,
        *,
        query: bytes = b"",
        parts: tuple[bytes, ...] = (b"",),
        headers: Any = (),
        address: str = "10.0.0.1",
    ) -> None:
        self.sent: list[Any] = []
        self.incoming: asyncio.Queue[Any] = asyncio.Queue()
        for number, part in enumerate(parts, start=1):
            self.send_part(part, more_body=number < len(parts))
        scope = {
            "type": "http",
            "method": "POST" if any(parts) else "GET",
            "path": path,
            "query_string": query,
            "headers": [(b"host", b"polls.test"), *headers],
            "client": (address, 1234),
        }
        self.task = asyncio.create_task(app(scope, self.incoming.get, self._send))

    def send_part(self, body: bytes, *, more_body: bool = False) -> None:
        self.incoming.put_nowait({"type": "http.request", "body": body, "more_body": more_body})

    def go_away(self) -> None:
        self.incoming.put_nowait({"type": "http.disconnect"})

    async def _send(self, message: Any) -> None:
        self.sent.append(message)

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.fixture
def behind() -> Behind:
    return Behind()


@pytest.fixture
def app(behind: Behind, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Any:
    settings.HEAVY_QUEUE, settings.HEAVY_QUEUE_PER_ADDRESS = 3, 2
    monkeypatch.setattr(limit_module, "REST", 0)
    return HeavyRequestLimit(behind)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (HEAVY, b"format=xlsx"),
        (f"/api/v1/polls/{ID}/timeline/", b"points=1000"),
        ("/api/users/search", b"q=a"),
        ("/api/v1/users", b""),
        ("/api/polls", b"page=1&search=tea"),
        ("/api/polls", b"%73earch=tea"),
        ("/api/pictures", b""),
        (f"/api/polls/{ID}/calendar.ics", b""),
        ("/p/123456/calendar.ics", b""),
        ("/manage/pictures", b""),
        ("/api/rooms", b"search=tea"),
        ("/api/messages/search", b"q=tea"),
        ("/messages/search/", b"q=tea"),
        ("/api/messages", b""),
        ("/api/schema", b""),
        ("/api/asyncapi.json", b""),
        ("/p/123456/qr.png", b"size=4096"),
        ("/manage", b"search=tea"),
        (f"/manage/{ID}", b""),
        (f"/manage/{ID}/export.xlsx", b""),
        (f"/manage/{ID}/qr.png", b""),
        (f"/present/{ID}/replay", b""),
        # The same with a slash at the end, which is served like the other.
        ("/p/123456/qr.png/", b"size=4096"),
        ("/manage/", b"search=tea"),
        (f"/manage/{ID}/export.xlsx/", b""),
        (f"/present/{ID}/replay/", b""),
    ],
)
async def test_a_heavy_request_waits_for_another(
    app: Any, behind: Behind, path: str, query: bytes
) -> None:
    first = Visit(app, HEAVY)
    await settle()
    second = Visit(app, path, query=query)
    await settle()
    assert behind.begun == [HEAVY]
    behind.may_answer.set()
    await settle()
    assert behind.begun == [HEAVY, path]
    behind.may_finish.set()
    await asyncio.gather(first.task, second.task)
    assert (first.status, second.status) == (200, 200)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/api/polls", b""),
        ("/api/polls", b"page=2"),
        (f"/api/polls/{ID}/vote", b""),
        ("/rooms", b""),
        (f"/messages/{ID}", b"limit=100"),
        (f"/api/polls/{ID}/results", b""),
        ("/p/123456", b""),
        ("/p/123456/qr.svg", b""),
        ("/health", b""),
    ],
)
async def test_other_requests_do_not_wait(
    app: Any, behind: Behind, path: str, query: bytes
) -> None:
    Visit(app, HEAVY)
    await settle()
    Visit(app, path, query=query)
    await settle()
    assert behind.begun == [HEAVY, path]


async def test_a_message_does_not_wait_although_its_path_is_that_of_the_lobbys_list(
    app: Any, behind: Behind
) -> None:
    Visit(app, HEAVY)
    await settle()
    Visit(app, "/api/messages", parts=(b"{}",))
    await settle()
    assert behind.begun == [HEAVY, "/api/messages"]


@pytest.mark.parametrize("steps", range(5))
async def test_a_request_cancelled_while_it_gets_its_turn_keeps_none(steps: int) -> None:
    gate = FairGate(concurrency=1, max_waiting=9, max_waiting_per_client=9)
    first = await gate.enter("first")
    never_gone = asyncio.Event()
    body = limit_module._Body(never_gone.wait)  # type: ignore[arg-type]
    cancelled = asyncio.create_task(limit_module._turn_unless_gone(gate, "cancelled", body))
    await settle()
    first.end()
    for _ in range(steps):
        await asyncio.sleep(0)
    if not cancelled.cancel() and (turn := cancelled.result()):
        turn.end()
    await asyncio.wait([cancelled])
    body.forget()
    last = asyncio.create_task(gate.enter("last"))
    await settle()
    assert last.done()


@pytest.mark.parametrize("is_announced", [True, False])
async def test_a_large_body_is_heavy_and_arrives_whole(
    app: Any, behind: Behind, is_announced: bool
) -> None:
    parts = (b"x" * LARGE_BODY_BYTES, b"y")
    size = str(LARGE_BODY_BYTES + 1).encode()
    headers = [(b"content-length", size) if is_announced else (b"transfer-encoding", b"chunked")]
    Visit(app, HEAVY)
    await settle()
    Visit(app, "/api/polls", parts=parts, headers=headers)
    await settle()
    assert behind.begun == [HEAVY]
    behind.may_answer.set()
    await settle()
    assert behind.bodies == [b"", b"".join(parts)]


async def test_a_small_chunked_body_does_not_wait(app: Any, behind: Behind) -> None:
    Visit(app, HEAVY)
    await settle()
    headers = [(b"transfer-encoding", b"chunked")]
    Visit(app, "/api/votes", parts=(b"{", b"}"), headers=headers)
    await settle()
    assert behind.bodies == [b"", b"{}"]


async def test_a_client_that_sends_slowly_holds_no_turn(app: Any, behind: Behind) -> None:
    headers = [(b"content-length", b"100000")]
    slow = Visit(app, "/api/polls", parts=(), headers=headers)
    slow.send_part(b"x" * 50_000, more_body=True)
    await settle()
    Visit(app, HEAVY)
    await settle()
    assert behind.begun == [HEAVY]


async def test_a_client_that_reads_slowly_holds_no_turn(app: Any, behind: Behind) -> None:
    Visit(app, HEAVY)
    await settle()
    behind.may_answer.set()
    Visit(app, HEAVY)
    await settle()
    assert behind.begun == [HEAVY, HEAVY]
    assert not behind.may_finish.is_set()


async def test_a_turn_ends_when_the_application_fails(app: Any, behind: Behind) -> None:
    async def fail(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError("broken")

    failing = HeavyRequestLimit(fail)
    for _ in range(2):
        with pytest.raises(RuntimeError):
            await asyncio.wait_for(Visit(failing, HEAVY).task, 10)


async def test_the_queue_is_bounded_per_address_and_in_all(app: Any, behind: Behind) -> None:
    Visit(app, HEAVY)
    await settle()
    waiting = [Visit(app, HEAVY) for _ in range(2)]
    await settle()
    refused = Visit(app, HEAVY)
    await refused.task
    assert refused.status == 429
    headers = dict(refused.sent[0]["headers"])
    assert headers[b"retry-after"] == b"2"
    assert json.loads(refused.sent[1]["body"])["code"] == "rate_limited"
    Visit(app, HEAVY, address="10.0.0.2")
    await settle()
    refused = Visit(app, HEAVY, address="10.0.0.3")
    await refused.task
    assert refused.status == 503
    assert not any(each.sent for each in waiting)


async def test_the_addresses_of_an_ipv6_network_are_one_client(app: Any, behind: Behind) -> None:
    Visit(app, HEAVY)
    await settle()
    for number in range(2):
        Visit(app, HEAVY, address=f"2001:db8::{number}")
    await settle()
    refused = Visit(app, HEAVY, address="2001:db8::ffff")
    await asyncio.wait_for(refused.task, 10)
    assert refused.status == 429


async def test_a_client_that_disconnects_leaves_the_queue(app: Any, behind: Behind) -> None:
    Visit(app, HEAVY)
    await settle()
    gone = Visit(app, f"/manage/{ID}")
    await settle()
    gone.go_away()
    await gone.task
    behind.may_answer.set()
    await settle()
    assert behind.begun == [HEAVY]
    assert gone.sent == []
