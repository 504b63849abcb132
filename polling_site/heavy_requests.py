"""A gate in front of requests that take much of the processor, so that votes go first.

Exports, timelines, images, searches and large bodies are handled one at a time in each process,
with a pause after each. Clients take turns by their address. What waits here waits on the event
loop, holding neither a thread nor a database connection.
"""

import asyncio
import re
from contextlib import suppress

from django.conf import settings

from apikit.clients import client_network
from apikit.errors import ApiError
from apikit.fair_gate import FairGate, Turn
from polling_site.plain_requests import AsgiApp, Message, Receive, Send, refuse

# Larger than any body of the API but a poll with long options.
LARGE_BODY_BYTES = 16 * 1024
# The pause after a request, as a multiple of its time.
REST = 2.0
_ID = "[0-9a-fA-F-]{36}"
_HEAVY_PATHS = re.compile(
    rf"/api(?:/v1)?(?:/schema|/asyncapi\.json|/users(?:/search)?|/polls/{_ID}/(?:timeline|export))?/?"
    rf"|/manage(?:/{_ID}(?:/timeline|/export\.\w+|/qr\.\w+)?)?"
    rf"|/present/{_ID}/replay"
    r"|/p/[^/]+/qr\.png"
)
_LISTS = re.compile(r"/api(?:/v1)?/polls/?")


def heavy_requests(app: AsgiApp) -> AsgiApp:
    """``app``, which heavy requests come through to one at a time; 429 or 503 when too many wait.

    A turn ends when the response begins: by then the work is done, and a client that reads slowly
    holds up nobody.
    """
    gate = FairGate(
        concurrency=1,
        max_waiting=settings.HEAVY_QUEUE,
        max_waiting_per_client=settings.HEAVY_QUEUE_PER_ADDRESS,
        rest=REST,
    )

    async def wait_for_turn(scope: Message, receive: Receive, send: Send) -> None:
        is_heavy = _asks_for_much(scope)
        if not is_heavy and not _may_send_much(scope):
            await app(scope, receive, send)
            return
        body = _Body(receive)
        if not await body.read():
            return
        if not is_heavy and body.size_bytes <= LARGE_BODY_BYTES:
            await app(scope, body.receive, send)
            return
        try:
            turn = await _turn_unless_gone(gate, client_network(scope), body)
        except ApiError as error:
            await refuse(scope, send, error, {"Allow": scope["method"]})
            return
        if turn is None:
            return

        async def send_and_end(message: Message) -> None:
            if message["type"] == "http.response.start":
                turn.end()
            await send(message)

        try:
            await app(scope, body.receive, send_and_end)
        finally:
            turn.end()
            body.forget()

    return wait_for_turn


class _Body:
    """A request's body, read before its turn: a client that sends slowly holds up nobody."""

    def __init__(self, receive: Receive) -> None:
        self.size_bytes = 0
        self._receive = receive
        self._messages: list[Message] = []
        self._next: asyncio.Task[Message] | None = None

    async def read(self) -> bool:
        """Reads all of it; False if the client has gone away."""
        while not self._messages or self._messages[-1].get("more_body"):
            message = await self._receive()
            if message["type"] == "http.disconnect":
                return False
            self.size_bytes += len(message.get("body") or b"")
            self._messages.append(message)
        return True

    async def receive(self) -> Message:
        """ASGI's ``receive``, beginning again with the body."""
        return (
            self._messages.pop(0) if self._messages else await asyncio.shield(self.what_follows())
        )

    def what_follows(self) -> "asyncio.Task[Message]":
        """What the client does after its body, which is to go away."""
        if self._next is None:
            self._next = asyncio.ensure_future(self._receive())
        return self._next

    def forget(self) -> None:
        if self._next is not None:
            self._next.cancel()


async def _turn_unless_gone(gate: FairGate, client: str, body: _Body) -> Turn | None:
    """A turn; None if the client goes away while it waits.

    :raises ApiError: when too many are waiting.
    """
    turn = asyncio.ensure_future(gate.enter(client))
    gone = body.what_follows()
    try:
        await asyncio.wait({turn, gone}, return_when=asyncio.FIRST_COMPLETED)
        if turn.done():
            return turn.result()
    finally:
        if not turn.done():
            turn.cancel()
            with suppress(asyncio.CancelledError):
                await turn
    return None


def _asks_for_much(scope: Message) -> bool:
    path: str = scope["path"]
    if _HEAVY_PATHS.fullmatch(path):
        return True
    return bool(_LISTS.fullmatch(path)) and b"search=" in scope["query_string"]


def _may_send_much(scope: Message) -> bool:
    """Whether the body is large, or of a length that is not announced."""
    for name, value in scope["headers"]:
        if name == b"content-length":
            # A length that is none is for the server to refuse.
            return len(value) > 9 or not value.isdigit() or int(value) > LARGE_BODY_BYTES
        if name == b"transfer-encoding":
            return True
    return False
