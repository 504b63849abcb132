"""Types of ASGI applications, and messages read ahead of the application."""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]


async def read_body_messages(receive: Receive) -> list[Message] | None:
    """The messages of the whole request body; None if the client disconnects first."""
    messages: list[Message] = []
    is_complete = False
    while not is_complete:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        messages.append(message)
        is_complete = not message.get("more_body")
    return messages


def size_bytes_of(messages: Iterable[Message]) -> int:
    """The size of the body in these messages."""
    return sum(len(message.get("body") or b"") for message in messages)


def replaying(messages: Iterable[Message], receive: Receive) -> Receive:
    """Returns a ``receive`` that yields ``messages`` again before it calls ``receive``."""
    waiting = iter(messages)

    async def replay() -> Message:
        return next(waiting, None) or await receive()

    return replay
