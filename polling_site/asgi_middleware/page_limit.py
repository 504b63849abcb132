"""Renders only a few pages at a time in each process, so that votes go first.

Each page is rendered in a thread of its own, and is pure Python. When a room opens its pages at
once, two hundred threads would compete with the event loop for the interpreter, and votes would
wait for several hundred milliseconds. Taking turns, the pages are ready no later than before.
"""

import asyncio
import re

from django.conf import settings

from polling_site.asgi_middleware.messages import AsgiApp, Message, Receive, Scope, Send

# A page that has waited this long goes ahead: pages that wait for a slow database must not hold up
# all others.
MAX_WAIT_S = 2.0
_METHODS = frozenset({"GET", "HEAD"})
_NO_PAGES = re.compile(r"/(?:api|auth|polls|users|votes|health|metrics)(?:/.*)?")


class PageLimit:
    """ASGI middleware that lets ``PAGES_AT_ONCE`` GET requests for pages through at a time.

    A turn ends when the response begins: by then the page is rendered, and a client that reads
    slowly holds up nobody.
    """

    def __init__(self, app: AsgiApp) -> None:
        self._app = app
        self._turns = asyncio.Semaphore(settings.PAGES_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in _METHODS or _NO_PAGES.fullmatch(scope["path"]):
            await self._app(scope, receive, send)
            return
        has_turn = await self._wait_for_turn()

        async def send_and_end_turn(message: Message) -> None:
            nonlocal has_turn
            if has_turn:
                has_turn = False
                self._turns.release()
            await send(message)

        try:
            await self._app(scope, receive, send_and_end_turn)
        finally:
            if has_turn:
                self._turns.release()

    async def _wait_for_turn(self) -> bool:
        """Returns whether there was a turn in time."""
        try:
            async with asyncio.timeout(MAX_WAIT_S):
                await self._turns.acquire()
        except TimeoutError:
            return False
        return True
