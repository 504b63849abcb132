"""Background work: bounded queues with a thread of their own, and reporting of failures.

No request waits for the result, so each failure is logged and counted.
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

# The thread ends after being idle for this long.
LINGER_S = 5.0
# How many errors of a chain of causes are logged.
MAX_CAUSES = 5

FAILURES = Counter("tallyroom_background_failures_total", "Failures of background work", ["work"])


def report_failure(
    work: str, error: BaseException, event: str, *, conceals_text: bool = False, **details: Any
) -> None:
    """Log and count a failure; ``work`` is the label of the metric.

    Logs the traceback, except for failures of the database or network, which take one line.
    ``conceals_text`` leaves out the error's text, which may contain personal data.
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
    """Return a done callback that reports the exception of a task that nobody awaits."""

    def report(task: "asyncio.Task[Any]") -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            report_failure(work, error, event, **details)

    return report


def _traceback_without_text(error: BaseException) -> str:
    """Return tracebacks and class names of an error and its causes."""
    return "".join(
        f"{''.join(traceback.format_tb(each.__traceback__))}{type(each).__qualname__}\n"
        for each in _causes(error)
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield ``error`` and its causes, the latest first."""
    each: BaseException | None = error
    for _ in range(MAX_CAUSES):
        if each is None:
            return
        yield each
        each = each.__cause__ or each.__context__


class BackgroundQueue(Generic[Item]):
    """A bounded queue, and a thread that handles its items while there are any.

    The thread enters ``open_handler`` when it starts, which yields the function that handles an
    item. ``on_failure`` is called with an item and the exception of its handler, or ``queue.Full``
    if the item was not queued. At exit, the process waits ``flush_timeout_s`` for what is left.
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
        FAILURES.labels(name)  # creates the series at 0, so that rate() sees the first failure

    @property
    def is_full(self) -> bool:
        """Whether ``put`` would refuse an item now."""
        return self._queue.full()

    def put(self, item: Item) -> bool:
        """Queue an item without waiting; return False if the queue is full."""
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
        """Wait until all items are handled or time is up; return how many are left."""
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
                except Exception as error:  # noqa: BLE001 - outermost
                    self._on_failure(item, error)
                finally:
                    self._queue.task_done()

    def _items(self) -> Iterator[Item]:
        """Yield items until there has been none for ``LINGER_S``."""
        while True:
            try:
                item = self._queue.get(timeout=LINGER_S)
            except Empty:
                with self._lock:
                    # put() starts a thread only if there is none.
                    if self._queue.empty():
                        self._thread = None
                        return
            else:
                yield item
