"""What a connection needs of the server below it, and how it begins to write."""

import types
from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass
from functools import partial
from typing import Any

from realtime.close_codes import CloseCode

SendText = Callable[[str], Coroutine[Any, Any, None]]
SendClose = Callable[[CloseCode], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Transport:
    """What a connection does to the protocol below it.

    ``abort`` drops the client without a farewell, for one that reads nothing. ``write_frame``
    takes a finished frame at once, or returns False where the client doesn't read just now; a
    server that can't do that has none. ``buffered_bytes`` returns how much the server's own
    buffers hold of what was written and what was received.
    """

    send_text: SendText
    send_close: SendClose
    abort: Callable[[], None]
    write_frame: Callable[[bytes], bool] | None = None
    buffered_bytes: Callable[[], int] | None = None


async def finish(steps: Coroutine[Any, Any, None], waiting_for: Any) -> None:
    """Runs the rest of a coroutine that has been started and waits for ``waiting_for``."""
    await _go_on(steps, waiting_for)


@types.coroutine
def _go_on(steps: Coroutine[Any, Any, None], waiting_for: Any) -> Generator[Any, Any, None]:
    """Goes on with a coroutine that has been started and waits for ``waiting_for``."""
    while True:
        try:
            result = yield waiting_for
        except BaseException as error:  # noqa: BLE001 - it belongs to the coroutine
            resume = partial(steps.throw, error)
        else:
            resume = partial(steps.send, result)
        try:
            waiting_for = resume()
        except StopIteration:
            return
