"""Renders only a few pages at a time in each process, so that votes go first.

Each page is rendered in a thread of its own, and is pure Python. When a room opens its pages at
once, two hundred threads would compete with the event loop for the interpreter, and votes would
wait for several hundred milliseconds. Taking turns, the pages are ready no later than before.
"""

import asyncio
import sys

from django.conf import settings

from apikit.clients import client_network
from apikit.fair_gate import FairGate, Turn
from polling_site.asgi_middleware.heavy_request_limit import is_heavy
from polling_site.asgi_middleware.messages import AsgiApp, Message, Receive, Scope, Send
from polling_site.paths import canonical_path, is_api_path

# A page that has waited this long goes ahead: pages that wait for a slow database must not hold up
# all others.
MAX_WAIT_S = 2.0
_METHODS = frozenset({"GET", "HEAD"})


class PageLimit:
    """ASGI middleware that lets ``PAGES_AT_ONCE`` GET requests for pages through at a time.

    Client addresses take turns. A turn ends when the response begins: by then the page is rendered,
    and a client that reads slowly holds up nobody. Heavy pages pass: ``HeavyRequestLimit`` handles
    them one at a time, and its pause after each must not grow with a wait here.
    """

    def __init__(self, app: AsgiApp) -> None:
        self._app = app
        # Without a limit on the queue: connections are limited.
        self._gate = FairGate(
            concurrency=settings.PAGES_AT_ONCE,
            max_waiting=sys.maxsize,
            max_waiting_per_client=sys.maxsize,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        turn = await self._wait_for_turn(scope) if _is_page(scope) else None
        if turn is None:
            await self._app(scope, receive, send)
            return

        async def send_and_end(message: Message) -> None:
            turn.end()
            await send(message)

        try:
            await self._app(scope, receive, send_and_end)
        finally:
            turn.end()

    async def _wait_for_turn(self, scope: Scope) -> Turn | None:
        """Returns a turn; None if there is none in time."""
        try:
            async with asyncio.timeout(MAX_WAIT_S):
                return await self._gate.enter(client_network(scope))
        except TimeoutError:
            return None


def _is_page(scope: Scope) -> bool:
    is_api = is_api_path(canonical_path(scope["path"]))
    return scope["method"] in _METHODS and not is_api and not is_heavy(scope)
