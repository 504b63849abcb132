"""Sends events from processes that have no hub, such as management commands.

A thread sends them, so that nobody waits for the channel layer. When the process ends, what is
left gets a moment to be sent.
"""

import asyncio
import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from channels.layers import InMemoryChannelLayer

from apikit.background import BackgroundQueue, report_failure
from realtime.bridge import MAX_WAITING, get_layer, message_of
from realtime.events import Event

WORK = "outbox"
# How long the end of a process may be put off by events that are not sent yet.
FLUSH_TIMEOUT_S = 3.0

_Message = tuple[str, Event]


def make_outbox() -> BackgroundQueue[_Message]:
    """A queue of events with their topics, which a thread sends."""
    return BackgroundQueue(
        WORK, _open_sender, _report_unsent, maximum=MAX_WAITING, flush_timeout_s=FLUSH_TIMEOUT_S
    )


@contextmanager
def _open_sender() -> Iterator[Callable[[_Message], None]]:
    loop = asyncio.new_event_loop()
    try:
        yield lambda message: loop.run_until_complete(_send(*message))
    finally:
        loop.close()


async def _send(topic: str, event: Event) -> None:
    await get_layer().group_send(topic, message_of(topic, event, origin=""))


def _report_unsent(message: _Message, error: Exception) -> None:
    report_failure(WORK, error, "event not sent", event_name=message[1].name)


_outbox = functools.cache(make_outbox)


def send_without_hub(topic: str, event: Event) -> None:
    """Sends ``event`` to all processes; returns at once."""
    if not isinstance(get_layer(), InMemoryChannelLayer):  # which reaches no other process
        _outbox().put((topic, event))
