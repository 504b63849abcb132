"""Work that nobody waits for: queues with a thread of their own, and reports of failures.

Nobody gets an answer from such work, so each failure has to be logged and counted.
"""

import asyncio
import atexit
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from queue import Empty, Full, Queue
from typing import Any, Generic, TypeVar

import structlog
from django.db import InterfaceError, OperationalError
from prometheus_client import Counter

log = structlog.get_logger(__name__)

Item = TypeVar("Item")

# The thread ends after it has had nothing to do for this long.
LINGER_S = 5.0
# So many errors of a chain of causes are logged.
MAX_CAUSES = 5

FAILURES = Counter(
    "tallyroom_background_failures_total", "Failures of work in the background", ["work"]
)


def report_failure(
    work: str, error: BaseException, event: str, *, conceals_text: bool = False, **details: Any
) -> None:
    """Logs and counts one failure of ``work``, the value of the metric's label.

    The log gets the traceback, unless the database or the network is away, which a line says.
    With ``conceals_text`` it gets no text of the error: where that may hold personal data.
    """
    FAILURES.labels(work).inc()
    if conceals_text:
        log.error(event, work=work, traceback=_traceback_without_text(error), **details)
    elif isinstance(error, OperationalError | InterfaceError | OSError | Full):
        log.warning(event, work=work, error=str(error), **details)
    else:
        log.error(event, work=work, exc_info=error, **details)


def report_failed_task(
    work: str, event: str, **details: Any
) -> Callable[["asyncio.Task[Any]"], None]:
    """A callback for tasks that nobody awaits: it reports what one failed with."""

    def report(task: "asyncio.Task[Any]") -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            report_failure(work, error, event, **details)

    return report


def _traceback_without_text(error: BaseException) -> str:
    """Where an error and its causes were raised, and their classes."""
    return "".join(
        f"{''.join(traceback.format_tb(each.__traceback__))}{type(each).__qualname__}\n"
        for each in _causes(error)
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """``error`` and what caused it, the latest first."""
    each: BaseException | None = error
    for _ in range(MAX_CAUSES):
        if each is None:
            return
        yield each
        each = each.__cause__ or each.__context__


class BackgroundQueue(Generic[Item]):
    """A bounded queue, and a thread that handles its items one by one while there are any.

    ``open_handler`` is entered by the thread when it starts; it gives what handles an item.
    ``on_failure`` is called with an item that could not be handled, or with ``queue.Full`` for one
    that found no room. When the process ends, what is left gets ``flush_timeout_s``.
    """

    def __init__(
        self,
        name: str,
        open_handler: Callable[[], AbstractContextManager[Callable[[Item], None]]],
        on_failure: Callable[[Item, Exception], None],
        *,
        maximum: int,
        flush_timeout_s: float,
    ) -> None:
        self._name = name
        self._open_handler = open_handler
        self._on_failure = on_failure
        self._flush_timeout_s = flush_timeout_s
        self._queue: Queue[Item] = Queue(maximum)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        atexit.register(self._flush_at_exit)
        FAILURES.labels(name)  # from zero on, so that a rate shows the first failure too

    @property
    def is_full(self) -> bool:
        """Whether an item would find no room now."""
        return self._queue.full()

    def put(self, item: Item) -> bool:
        """Queues an item and returns at once; False for one that found no room."""
        with self._lock:
            try:
                self._queue.put_nowait(item)
            except Full as error:
                self._on_failure(item, error)
                return False
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
        return True

    def flush(self, timeout_s: float) -> int:
        """Waits until everything is handled, or the time is over; how many items are left."""
        end_s = time.monotonic() + timeout_s
        with self._queue.all_tasks_done:
            while self._queue.unfinished_tasks and (left_s := end_s - time.monotonic()) > 0:
                self._queue.all_tasks_done.wait(left_s)
            return self._queue.unfinished_tasks

    def _flush_at_exit(self) -> None:
        if count := self.flush(self._flush_timeout_s):
            FAILURES.labels(self._name).inc(count)
            log.error("left undone when the process ended", work=self._name, count=count)

    def _run(self) -> None:
        with self._open_handler() as handle:
            for item in self._items():
                try:
                    handle(item)
                except Exception as error:  # noqa: BLE001 - an outermost place
                    self._on_failure(item, error)
                finally:
                    self._queue.task_done()

    def _items(self) -> Iterator[Item]:
        """Items as they come, until there has been none for a while."""
        while True:
            try:
                item = self._queue.get(timeout=LINGER_S)
            except Empty:
                with self._lock:
                    # put() starts a thread only where it finds none.
                    if self._queue.empty():
                        self._thread = None
                        return
            else:
                yield item
