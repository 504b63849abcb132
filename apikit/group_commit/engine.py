"""The thread of a group commit, and the queue in front of it."""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from django.db import connection

from apikit.background import report_failure
from apikit.group_commit.committer import Committer
from apikit.group_commit.pending import (
    Deliveries,
    Pending,
    pending_for_loop,
    pending_for_thread,
)
from apikit.group_commit.retries import commit_batch
from apikit.postgres.dedicated_connection import use_dedicated_connection

Item = TypeVar("Item")
Result = TypeVar("Result")
Event = TypeVar("Event")


class GroupCommit(Generic[Item, Result, Event]):
    """Commits items in the order of their arrival, in a thread with a connection of its own."""

    def __init__(self, committer: Committer[Item, Result, Event]) -> None:
        self._committer = committer
        # None is the stop marker.
        self._queue: SimpleQueue[Pending[Item, Result] | None] = SimpleQueue()
        # Items that the thread has taken off the queue, but not into a batch.
        self._waiting: deque[Pending[Item, Result]] = deque()
        self._submitting = threading.Lock()
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name=committer.name, daemon=True)
        self._thread.start()

    def submit(self, item: Item) -> "Future[Result]":
        """Queues an item; the future resolves once it is committed or refused.

        :raises busy_error: of the committer, if too many items are queued.
        """
        future: Future[Result] = Future()
        self._enqueue(pending_for_thread(item, future))
        return future

    def submit_from_loop(self, item: Item) -> "asyncio.Future[Result]":
        """Like :func:`submit`, for the event loop that runs in this thread."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._enqueue(pending_for_loop(item, future))
        return future

    def _enqueue(self, pending: Pending[Item, Result]) -> None:
        with self._submitting:
            if self._is_stopping or self.waiting >= self._committer.max_waiting:
                raise self._committer.busy_error
            self._queue.put(pending)

    @property
    def waiting(self) -> int:
        """How many items are queued and not in a batch yet."""
        return self._queue.qsize() + len(self._waiting)

    def stop(self) -> None:
        """Commits what is queued, refuses further items, and ends the thread."""
        with self._submitting:
            if not self._is_stopping:
                self._is_stopping = True
                self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        use_dedicated_connection()
        try:
            while batch := self._take_batch():
                try:
                    self._commit(batch)
                except Exception as error:  # noqa: BLE001
                    # An outermost place: the next batches need this thread.
                    report_failure(self._committer.name, error, "failed after a commit")
        finally:
            connection.close()

    def _take_batch(self) -> list[Pending[Item, Result]]:
        """Waits for the next batch; empty once the thread has to end."""
        batch: list[Pending[Item, Result]] = []
        while not batch:
            if not self._waiting:
                first = self._queue.get()
                if first is None:
                    return []
                self._waiting.append(first)
            self._receive()
            count = min(len(self._waiting), self._committer.max_batch)
            batch = _claim(self._waiting.popleft() for _ in range(count))
        return batch

    def _receive(self) -> None:
        """Takes all queued items off the queue."""
        with suppress(Empty):
            while (pending := self._queue.get_nowait()) is not None:
                self._waiting.append(pending)
            # Requeue the stop marker, behind which nothing is queued.
            self._queue.put(None)

    def _drain(
        self, matches: Callable[[Item], bool], max_count: int
    ) -> list[Pending[Item, Result]]:
        """Takes queued items that match."""
        self._receive()
        drained: list[Pending[Item, Result]] = []
        left: deque[Pending[Item, Result]] = deque()
        for pending in self._waiting:
            is_drained = len(drained) < max_count and matches(pending.item)
            (drained if is_drained else left).append(pending)
        self._waiting = left
        return _claim(drained)

    def _commit(self, batch: list[Pending[Item, Result]]) -> None:
        def drain_late(matches: Callable[[Item], bool]) -> Sequence[Item]:
            late = self._drain(matches, self._committer.max_batch - len(batch))
            batch.extend(late)
            return [pending.item for pending in late]

        started_s = time.perf_counter()
        # A single item does not wait to see whether others arrive.
        done = commit_batch(self._committer, batch, drain_late if len(batch) > 1 else None)
        duration_s = time.perf_counter() - started_s
        deliveries = Deliveries()
        for pending, result in zip(batch, done.results, strict=True):
            pending.resolve(result, deliveries)
        deliveries.send()
        self._committer.observe(done.results, duration_s)
        self._committer.publish(done.events)


def _claim(items: Iterable[Pending[Item, Result]]) -> list[Pending[Item, Result]]:
    """The items that were not cancelled; from now on they cannot be."""
    return [pending for pending in items if pending.claim()]
