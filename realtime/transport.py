"""The server below a connection, and a helper to run coroutines without a task."""

import asyncio
import types
from collections.abc import Awaitable, Callable, Coroutine, Generator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from realtime.close_codes import CloseCode

SendText = Callable[[str], Coroutine[Any, Any, None]]
SendClose = Callable[[CloseCode], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Transport:
    """The operations of the WebSocket server that a connection uses.

    ``abort`` drops the client without a close frame, for clients that do not read.
    ``write_frame`` writes a complete frame, or returns False if the client is not reading; None
    if the server does not support it. ``buffered_bytes`` returns the size of the server's read
    and write buffers.
    """

    send_text: SendText
    send_close: SendClose
    abort: Callable[[], None]
    write_frame: Callable[[bytes], bool] | None = None
    buffered_bytes: Callable[[], int] | None = None


def asgi_transport(scope: Mapping[str, Any], send: Callable[[Any], Awaitable[None]]) -> Transport:
    """Wraps the WebSocket of an ASGI application, which the current task runs.

    ASGI cannot drop a client or write a complete frame; our Uvicorn protocol adds extensions for
    both. With other servers, the task is cancelled and the server closes the socket.
    """
    application = asyncio.current_task()
    assert application is not None
    extensions = scope.get("extensions", {})
    abort = extensions.get("tallyroom.abort", application.cancel)
    write_frame = extensions.get("tallyroom.write_frame")
    buffered_bytes = extensions.get("tallyroom.buffered_bytes")

    async def send_text(text: str) -> None:
        await send({"type": "websocket.send", "text": text})

    async def send_close(code: CloseCode) -> None:
        await send({"type": "websocket.close", "code": code.value, "reason": code.reason})

    return Transport(send_text, send_close, abort, write_frame, buffered_bytes)


async def finish(steps: Coroutine[Any, Any, None], waiting_for: Any) -> None:
    """Runs the rest of a coroutine that has been started and is waiting for ``waiting_for``."""
    await _resume(steps, waiting_for)


@types.coroutine
def _resume(steps: Coroutine[Any, Any, None], waiting_for: Any) -> Generator[Any, Any, None]:
    """Drives a started coroutine to its end, as ``yield from`` does with a new one."""
    while True:
        try:
            result = yield waiting_for
        except BaseException as error:  # noqa: BLE001 - thrown into the coroutine
            step = partial(steps.throw, error)
        else:
            step = partial(steps.send, result)
        try:
            waiting_for = step()
        except StopIteration:
            return
