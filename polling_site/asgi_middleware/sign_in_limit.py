"""Queues requests that hash a password, fairly by client address.

A request that reaches Django takes a thread and some milliseconds of the event loop before it gets
to the limit on hashing (``accounts.passwords``). Two hundred at once would delay votes by half a
second; queued here they cost almost nothing. The body is read first, so that a client that sends
slowly does not hold a turn.

``_HASHING`` lists every endpoint that hashes; ``tests/site/test_sign_in_limit.py`` tries them all.
An endpoint missing from it would still be bounded by the limit on hashing.
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
from polling_site.asgi_middleware.messages import (
    AsgiApp,
    Message,
    Receive,
    Scope,
    Send,
    read_body_messages,
    replaying,
    size_bytes_of,
)
from polling_site.asgi_middleware.responses import encode_headers, send_error
from polling_site.paths import canonical_path, is_api_path
from web.views.errors import prepare_sign_in_queue_page, sign_in_queue_page

# Bounds the queue's memory; two passwords of 256 characters take 4 kB at most.
MAX_BODY_BYTES = 16 * 1024
# How long a refused request waits for its response.
REFUSED_AFTER_S = 2.0

# Canonical paths.
_HASHING = {
    "POST": re.compile(
        r"/api/auth/(?:login|register|password/change|password/reset/confirm)"
        r"|/api/users"
        r"|/(?:sign-in|register|reset|account/password|account/email|account/erase)"
        r"|/admin/(?:login|password_change|accounts/user(?:/.*)?)/?"
    ),
    # Only if the body contains a password: a new name needs none.
    "PUT": re.compile(r"/api/users/me"),
    "PATCH": re.compile(r"/api/users/me"),
}
_WITHOUT_PASSWORD = {"PUT", "PATCH"}
_PASSWORD_FIELDS = (b"currentPassword", b"current_password")


class SignInLimit:
    """ASGI middleware that lets few requests hash passwords at a time, and answers 429 when too
    many wait."""

    def __init__(self, app: AsgiApp) -> None:
        self._app = app
        prepare_sign_in_queue_page()
        self._turns = FairQueue(
            concurrency=settings.PASSWORD_HASH_CONCURRENCY,
            max_waiting=settings.PASSWORD_HASH_QUEUE,
            max_waiting_per_client=settings.PASSWORD_HASH_QUEUE_PER_ADDRESS,
            client_error=TooManySignInsError,
            queue_error=TooManySignInsError,
            evicts_longest=True,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        pattern = _HASHING.get(scope["method"])
        if pattern is None or not pattern.fullmatch(canonical_path(scope["path"])):
            await self._app(scope, receive, send)
            return
        messages = await read_body_messages(receive)
        if messages is None:
            return
        if scope["method"] in _WITHOUT_PASSWORD and not _has_password(messages):
            await self._app(scope, replaying(messages, receive), send)
        elif size_bytes_of(messages) > MAX_BODY_BYTES:
            await send_error(scope, send, RequestTooLargeError())
        else:
            await self._call_in_turn(scope, messages, receive, send)

    async def _call_in_turn(
        self, scope: Scope, messages: list[Message], receive: Receive, send: Send
    ) -> None:
        client = client_network(scope)
        ticket: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._turns.acquire(client, ticket)
        try:
            if not await _is_resolved(ticket, receive):
                return
            if ticket.exception() is None:
                await self._app(scope, replaying(messages, receive), send)
            elif not await _disconnects_within(receive, REFUSED_AFTER_S):
                # A client that retries at once would cost the event loop more than sign-ins do.
                await _refuse(scope, send)
        finally:
            self._turns.cancel(client, ticket)


async def _is_resolved(ticket: "asyncio.Future[None]", receive: Receive) -> bool:
    """Waits for the ticket; returns False if the client disconnects first.

    The body has been read, so ``receive`` can only return ``http.disconnect``.
    """
    if ticket.done():
        return True
    disconnected: asyncio.Future[Message] = asyncio.ensure_future(receive())
    waits: set[asyncio.Future[Any]] = {ticket, disconnected}
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        disconnected.cancel()
    return ticket.done()


async def _disconnects_within(receive: Receive, seconds: float) -> bool:
    disconnected = asyncio.ensure_future(receive())
    done, _ = await asyncio.wait({disconnected}, timeout=seconds)
    disconnected.cancel()
    return bool(done)


def _has_password(messages: list[Message]) -> bool:
    body = b"".join(message.get("body") or b"" for message in messages)
    return any(field in body for field in _PASSWORD_FIELDS)


async def _refuse(scope: Scope, send: Send) -> None:
    """Sends the error as JSON to API clients, as a page to browsers."""
    if is_api_path(canonical_path(scope["path"])):
        await send_error(scope, send, TooManySignInsError())
        return
    response = sign_in_queue_page(ASGIRequest(scope, BytesIO()), TooManySignInsError())
    headers = encode_headers(dict(response.items()))
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": response.content})
