"""Queues requests that take much CPU time, so that votes are not delayed.

Exports, timelines, images, searches and large bodies are handled one at a time in each process,
with a pause after each. Client addresses take turns. Queued requests wait on the event loop and
hold neither a thread nor a database connection.
"""

import asyncio
import re
from contextlib import suppress
from urllib.parse import unquote_to_bytes

from django.conf import settings

from apikit.clients import client_network
from apikit.errors import ApiError
from apikit.fair_gate import FairGate, Turn
from polling_site.asgi_middleware.messages import (
    AsgiApp,
    Message,
    Receive,
    Scope,
    Send,
    read_body_messages,
    size_bytes_of,
)
from polling_site.asgi_middleware.responses import send_error
from polling_site.paths import canonical_path

# Larger than any body of the API except a poll with long options.
LARGE_BODY_BYTES = 16 * 1024
# The pause after a request, as a multiple of its duration.
REST = 2.0
_ID = "[0-9a-fA-F-]{36}"
# Canonical paths.
_HEAVY_PATHS = re.compile(
    rf"/api(?:/schema|/asyncapi\.json|/users(?:/search)?|/polls/{_ID}/(?:timeline|export|calendar\.ics)"
    rf"|/messages/search|/projects/{_ID}/activity\.(?:csv|json))?"
    rf"|/manage(?:/{_ID}(?:/timeline|/export\.\w+|/qr\.\w+)?)?"
    rf"|/present/{_ID}/replay"
    r"|/p/[^/]+/(?:qr\.png|calendar\.ics)"
    # Posting one decodes and encodes it.
    r"|/(?:api|manage)/pictures"
)
# Heavy if they are searched.
_LISTS = {"/api/polls", "/api/rooms"}
# The last 500 messages; sending one has the same path.
_LOBBY = "/api/messages"


class HeavyRequestLimit:
    """ASGI middleware that handles heavy requests one at a time.

    Answers 429 when too many requests of an address wait, 503 when too many wait in all. A turn
    ends when the response begins: by then the work is done, and a client that reads slowly must
    not delay others.
    """

    def __init__(self, app: AsgiApp) -> None:
        self._app = app
        self._gate = FairGate(
            concurrency=1,
            max_waiting=settings.HEAVY_QUEUE,
            max_waiting_per_client=settings.HEAVY_QUEUE_PER_ADDRESS,
            rest=REST,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_heavy_path = is_heavy(scope)
        if not has_heavy_path and not _may_have_large_body(scope):
            await self._app(scope, receive, send)
            return
        body = _Body(receive)
        if not await body.read():
            return
        if has_heavy_path or body.size_bytes > LARGE_BODY_BYTES:
            await self._call_in_turn(scope, body, send)
        else:
            await self._app(scope, body.receive, send)

    async def _call_in_turn(self, scope: Scope, body: "_Body", send: Send) -> None:
        try:
            turn = await _turn_unless_gone(self._gate, client_network(scope), body)
        except ApiError as error:
            await send_error(scope, send, error, {"Allow": scope["method"]})
            return
        if turn is None:
            return

        async def send_and_end(message: Message) -> None:
            if message["type"] == "http.response.start":
                turn.end()
            await send(message)

        try:
            await self._app(scope, body.receive, send_and_end)
        finally:
            turn.end()
            body.forget()


class _Body:
    """A request body, read before the turn, so that a client that sends slowly holds no turn."""

    def __init__(self, receive: Receive) -> None:
        self.size_bytes = 0
        self._receive = receive
        self._messages: list[Message] = []
        self._next: asyncio.Task[Message] | None = None

    async def read(self) -> bool:
        """Reads the whole body; returns False if the client disconnects first."""
        messages = await read_body_messages(self._receive)
        if messages is None:
            return False
        self._messages = messages
        self.size_bytes = size_bytes_of(messages)
        return True

    async def receive(self) -> Message:
        """ASGI's ``receive``, starting over with the body."""
        return (
            self._messages.pop(0) if self._messages else await asyncio.shield(self.disconnected())
        )

    def disconnected(self) -> "asyncio.Task[Message]":
        """A task that ends when the client disconnects, the only message after the body."""
        if self._next is None:
            self._next = asyncio.ensure_future(self._receive())
        return self._next

    def forget(self) -> None:
        if self._next is not None:
            self._next.cancel()


async def _turn_unless_gone(gate: FairGate, client: str, body: _Body) -> Turn | None:
    """Waits for a turn; returns None if the client disconnects first.

    :raises ApiError: when too many are waiting.
    """
    turn = asyncio.ensure_future(gate.enter(client))
    disconnected = body.disconnected()
    try:
        await asyncio.wait({turn, disconnected}, return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError:
        turn.add_done_callback(_end_unused_turn)
        turn.cancel()
        raise
    if turn.done():
        return turn.result()
    turn.cancel()
    with suppress(asyncio.CancelledError):
        await turn
    return None


def _end_unused_turn(turn: "asyncio.Task[Turn]") -> None:
    """Ends a turn that was granted at the moment when its request was cancelled."""
    if not turn.cancelled() and turn.exception() is None:
        turn.result().end()


def is_heavy(scope: Scope) -> bool:
    """Whether the request takes much CPU time, whatever its body is."""
    path = canonical_path(scope["path"])
    if _HEAVY_PATHS.fullmatch(path):
        return True
    if path == _LOBBY:
        return bool(scope["method"] == "GET")
    # The name of a parameter can be escaped, too.
    return path in _LISTS and b"search=" in unquote_to_bytes(scope["query_string"])


def _may_have_large_body(scope: Scope) -> bool:
    """Whether the body is large, or its length is not announced."""
    for name, value in scope["headers"]:
        if name == b"content-length":
            # BodyLimit refuses a length that is not a number.
            return len(value) > 9 or not value.isdigit() or int(value) > LARGE_BODY_BYTES
        if name == b"transfer-encoding":
            return True
    return False
