"""The door for those who sign in with a password, where a wave of them waits its turn.

Behind it each request gets a thread, and costs the event loop some milliseconds before it comes to
the gate for hashing (``accounts.passwords``). Two hundred at once would keep it from the votes for
half a second; here they wait for next to nothing, each once its body is there: who sends slowly
keeps nobody waiting.
"""

import asyncio
import re

from django.conf import settings

from accounts.passwords import too_many_sign_ins
from polling_site.plain_requests import AsgiApp, Message, Receive, Send, refuse, replaying

_PATH = re.compile(r"/api(?:/v1)?/auth/(?:login|register)/?")


def sign_in_door(app: AsgiApp) -> AsgiApp:
    """``app``, which a few sign-ins at a time come through to; 429 for more than may wait."""
    at_once = settings.PASSWORD_HASH_CONCURRENCY
    turns = asyncio.Semaphore(at_once)
    inside = 0

    async def wait_for_turn(scope: Message, receive: Receive, send: Send) -> None:
        nonlocal inside
        if scope["method"] != "POST" or not _PATH.fullmatch(scope["path"]):
            await app(scope, receive, send)
            return
        whole = await _read_whole(receive)
        if whole is None:
            return
        if inside >= at_once + settings.PASSWORD_HASH_QUEUE:
            await refuse(scope, send, too_many_sign_ins())
            return
        inside += 1
        try:
            async with turns:
                await app(scope, whole, send)
        finally:
            inside -= 1

    return wait_for_turn


async def _read_whole(receive: Receive) -> Receive | None:
    """A ``receive`` that has the whole body already; None when the client has gone away."""
    messages: list[Message] = []
    is_complete = False
    while not is_complete:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        messages.append(message)
        is_complete = not message.get("more_body")
    return replaying(messages, receive)
