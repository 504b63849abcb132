"""Sends events from processes without a hub, such as management commands.

A thread sends them, so that callers do not wait for the channel layer. Events left when the
process ends are flushed, with a timeout.
"""

import asyncio
import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from channels.layers import InMemoryChannelLayer

from apikit.background import BackgroundQueue, report_failure
from realtime.bridge import MAX_QUEUED, get_layer, layer_message
from realtime.events import Event

WORK = "outbox"
# How long unsent events may delay the end of the process.
FLUSH_TIMEOUT_S = 3.0

_Item = tuple[str, Event]


def make_outbox() -> BackgroundQueue[_Item]:
    """Returns a queue of (topic, event) pairs that a thread sends."""
    return BackgroundQueue(
        WORK, _open_sender, _report_unsent, maximum=MAX_QUEUED, flush_timeout_s=FLUSH_TIMEOUT_S
    )


@contextmanager
def _open_sender() -> Iterator[Callable[[_Item], None]]:
    loop = asyncio.new_event_loop()
    try:
        yield lambda item: loop.run_until_complete(_send(*item))
    finally:
        loop.close()


async def _send(topic: str, event: Event) -> None:
    await get_layer().group_send(topic, layer_message(topic, event, origin=""))


def _report_unsent(item: _Item, error: Exception) -> None:
    report_failure(WORK, error, "event not sent", event_name=item[1].name)


_outbox = functools.cache(make_outbox)


def send_without_hub(topic: str, event: Event) -> None:
    """Sends ``event`` to all processes; returns at once."""
    # The in-memory layer reaches no other process.
    if not isinstance(get_layer(), InMemoryChannelLayer):
        _outbox().put((topic, event))
