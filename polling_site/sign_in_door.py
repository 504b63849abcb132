"""Where requests that hash a password wait for their turn, fairly by client address.

Behind it each request gets a thread, and costs the event loop some milliseconds before it comes to
the gate for hashing (``accounts.passwords``). Two hundred at once would keep it from the votes for
half a second; here they wait for next to nothing, each once its body is there: a slow sender keeps
nobody waiting.

Every entry point that hashes is listed in ``_HASHING``, and ``tests/site/test_sign_in_door.py``
tries them all. One that were missing would still be bounded by the gate for hashing.
"""

import asyncio
import re
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest

from accounts.errors import TooManySignInsError
from apikit.clients import client_network
from apikit.errors import RequestTooLargeError
from apikit.fair_queue import FairQueue
from polling_site.plain_requests import AsgiApp, Message, Receive, Send, refuse, replaying
from web.views.errors import sign_in_queue_page

# Longer bodies would make the queue large; two passwords of 256 characters take 4 kB at most.
MAX_BODY_BYTES = 16 * 1024
# How long a refused request waits for its refusal.
REFUSED_AFTER_S = 2.0

_API = r"(?:/api(?:/v1)?)?"
_HASHING = {
    "POST": re.compile(
        rf"{_API}/auth/(?:login|register|password/change|password/reset/confirm)/?"
        rf"|{_API}/users/?"
        r"|/(?:sign-in|register|reset|account/password|account/email)/?"
        r"|/admin/(?:login|password_change|accounts/user(?:/.*)?)/?"
    ),
    # Only with a password in it, see _has_password: a new name needs none.
    "PUT": re.compile(rf"{_API}/users/me/?"),
}
_PASSWORD_FIELDS = (b"currentPassword", b"current_password")


def sign_in_door(app: AsgiApp) -> AsgiApp:
    """``app``, which a few requests that hash come through to at a time; 429 for those that may
    not wait."""
    turns = FairQueue(
        concurrency=settings.PASSWORD_HASH_CONCURRENCY,
        max_waiting=settings.PASSWORD_HASH_QUEUE,
        max_waiting_per_client=settings.PASSWORD_HASH_QUEUE_PER_ADDRESS,
        client_error=TooManySignInsError,
        queue_error=TooManySignInsError,
        evicts_longest=True,
    )

    async def wait_for_turn(scope: Message, receive: Receive, send: Send) -> None:
        pattern = _HASHING.get(scope["method"])
        if pattern is None or not pattern.fullmatch(scope["path"]):
            await app(scope, receive, send)
            return
        messages = await _read_whole(receive)
        if messages is None:
            return
        if scope["method"] == "PUT" and not _has_password(messages):
            await app(scope, replaying(messages, receive), send)
        elif _size_bytes(messages) > MAX_BODY_BYTES:
            await refuse(scope, send, RequestTooLargeError())
        else:
            await take_turn(scope, messages, receive, send)

    async def take_turn(
        scope: Message, messages: list[Message], receive: Receive, send: Send
    ) -> None:
        subject = client_network(scope)
        ticket: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        turns.acquire(subject, ticket)
        try:
            if not await _is_resolved(ticket, receive):
                return
            if ticket.exception() is None:
                await app(scope, replaying(messages, receive), send)
            elif await _is_patient(receive):
                await _refuse(scope, send)
        finally:
            turns.cancel(subject, ticket)

    return wait_for_turn


async def _is_resolved(ticket: "asyncio.Future[None]", receive: Receive) -> bool:
    """Waits for the ticket; False when the client has gone before.

    ``receive`` has nothing else to give any more, since the body has been read.
    """
    if ticket.done():
        return True
    gone: asyncio.Future[Message] = asyncio.ensure_future(receive())
    waits: set[asyncio.Future[Any]] = {ticket, gone}
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        gone.cancel()
    return ticket.done()


async def _is_patient(receive: Receive) -> bool:
    """Waits before a refusal; False when the client has gone.

    A client that repeats at once would cost the event loop more than the sign-ins do.
    """
    gone = asyncio.ensure_future(receive())
    done, _ = await asyncio.wait({gone}, timeout=REFUSED_AFTER_S)
    gone.cancel()
    return not done


async def _read_whole(receive: Receive) -> list[Message] | None:
    """The messages of the whole body; None when the client has gone away."""
    messages: list[Message] = []
    is_complete = False
    while not is_complete:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        messages.append(message)
        is_complete = not message.get("more_body")
    return messages


def _size_bytes(messages: list[Message]) -> int:
    return sum(len(message.get("body") or b"") for message in messages)


def _has_password(messages: list[Message]) -> bool:
    body = b"".join(message.get("body") or b"" for message in messages)
    return any(field in body for field in _PASSWORD_FIELDS)


async def _refuse(scope: Message, send: Send) -> None:
    """As JSON for the API, as a page for browsers."""
    if scope["path"].startswith(("/api/", "/auth/", "/users")):
        await refuse(scope, send, TooManySignInsError())
        return
    response = sign_in_queue_page(ASGIRequest(scope, BytesIO()), TooManySignInsError())
    headers = [(name.lower().encode(), value.encode()) for name, value in response.items()]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": response.content})
