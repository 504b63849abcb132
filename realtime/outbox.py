"""Sends events from processes that have no hub, such as management commands.

A thread sends them, so that nobody waits for the channel layer. When the process ends, what is
left gets a moment to be sent.
"""

import asyncio
import atexit
import functools
import threading
import time
from contextlib import suppress
from queue import Empty, Full, Queue

import structlog
from channels.layers import InMemoryChannelLayer

from realtime.events import Event
from realtime.link import LAYER_ERRORS, MAX_WAITING, get_layer, message_of

log = structlog.get_logger(__name__)

# How long the end of a process may be put off by events that are not sent yet.
FLUSH_TIMEOUT_S = 3.0
# The thread ends after it has had nothing to do for this long.
LINGER_S = 5.0


class Outbox:
    """Events to be sent, and the thread that sends them while there are any."""

    def __init__(self) -> None:
        self._queue: Queue[tuple[str, Event]] = Queue(MAX_WAITING)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def put(self, topic: str, event: Event) -> None:
        """Queues an event and returns at once; one too many is dropped and logged."""
        with self._lock:
            try:
                self._queue.put_nowait((topic, event))
            except Full:
                log.warning("event not sent: too many wait", event_name=event.name)
                return
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)
                self._thread.start()

    def flush(self, timeout_s: float) -> None:
        """Waits until everything is sent, or the time is over."""
        end_s = time.monotonic() + timeout_s
        with self._queue.all_tasks_done:
            while self._queue.unfinished_tasks and (left_s := end_s - time.monotonic()) > 0:
                self._queue.all_tasks_done.wait(left_s)
            left = self._queue.unfinished_tasks
        if left:
            log.warning("events not sent before the process ended", count=left)

    def _run(self) -> None:
        loop = asyncio.new_event_loop()
        try:
            while (next_one := self._next()) is not None:
                loop.run_until_complete(_send(*next_one))
                self._queue.task_done()
        finally:
            loop.close()

    def _next(self) -> tuple[str, Event] | None:
        """The next event, or None once there has been none for a while."""
        with suppress(Empty):
            return self._queue.get(timeout=LINGER_S)
        with self._lock:
            if self._queue.empty():
                self._thread = None
                return None
        return self._queue.get()


async def _send(topic: str, event: Event) -> None:
    try:
        await get_layer().group_send(topic, message_of(topic, event, origin=""))
    except LAYER_ERRORS as error:
        log.warning("channel layer does not answer: event not sent", error=str(error))
    except Exception:
        # An outermost place: the events after this one have to be sent.
        log.exception("event not sent", event_name=event.name)


@functools.cache
def _outbox() -> Outbox:
    outbox = Outbox()
    atexit.register(outbox.flush, FLUSH_TIMEOUT_S)
    return outbox


def send_without_hub(topic: str, event: Event) -> None:
    """Sends ``event`` to all processes; returns at once."""
    if not isinstance(get_layer(), InMemoryChannelLayer):  # which reaches no other process
        _outbox().put(topic, event)
