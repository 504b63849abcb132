"""The writer: a group commit. One thread per process takes whatever ballots have queued up, has
the ledger write them in one transaction, and answers each of those who wait.

While it commits, the next ones queue. There is no timer: a lone ballot waits for nobody, and under
load the batches grow by themselves.
"""

import asyncio
import threading
import time
from collections import Counter, deque
from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connection

from apikit.background import report_failure
from apikit.errors import ApiError, ServerUnavailableError
from apikit.exception_handler import as_api_error
from apikit.postgres.dedicated_connection import use_dedicated_connection
from realtime import publish
from votes import ledger
from votes.ballots import Ballot, BallotResult, Receipt
from votes.errors import VoteInDoubtError, WriterBusyError
from votes.metrics import BALLOTS, BATCH, COMMIT, QUEUE
from votes.poll_batch import TopicEvent

# Its name among the failures of background work.
WORK = "vote_writer"


@dataclass(frozen=True, slots=True)
class _PendingBallot:
    """``answer`` is one of a thread that waits, or of an event loop."""

    ballot: Ballot
    answer: "Future[Receipt] | asyncio.Future[Receipt]"


class Writer:
    """Writes ballots in the order they come in."""

    def __init__(self) -> None:
        # What comes in; None when there will be no more.
        self._queue: SimpleQueue[_PendingBallot | None] = SimpleQueue()
        # Taken off the queue by the thread, and not in a batch yet.
        self._waiting: deque[_PendingBallot] = deque()
        self._submitting = threading.Lock()
        self._is_stopping = False
        self._thread = threading.Thread(target=self._run, name="vote-writer", daemon=True)
        self._thread.start()

    def submit(self, ballot: Ballot) -> "Future[Receipt]":
        """Queues a ballot; its answer comes once it is committed or refused.

        :raises WriterBusyError: when too many are waiting.
        """
        answer: Future[Receipt] = Future()
        self._queue_up(_PendingBallot(ballot, answer))
        return answer

    def submit_from_loop(self, ballot: Ballot) -> "asyncio.Future[Receipt]":
        """The same for the event loop that runs in this thread."""
        answer: asyncio.Future[Receipt] = asyncio.get_running_loop().create_future()
        self._queue_up(_PendingBallot(ballot, answer))
        return answer

    def _queue_up(self, each: _PendingBallot) -> None:
        with self._submitting:
            if self._is_stopping or self.waiting >= settings.VOTE_QUEUE_MAX:
                raise WriterBusyError
            self._queue.put(each)

    @property
    def waiting(self) -> int:
        """How many ballots are queued, and not being written yet."""
        return self._queue.qsize() + len(self._waiting)

    def stop(self) -> None:
        """Writes what is queued, takes nothing more, and ends."""
        with self._submitting:
            if not self._is_stopping:
                self._is_stopping = True
                self._queue.put(None)
        self._thread.join()

    def _run(self) -> None:
        use_dedicated_connection()
        try:
            while pending := self._take():
                try:
                    self._write(pending)
                except Exception as error:  # noqa: BLE001
                    # An outermost place: the next votes need this thread.
                    report_failure(WORK, error, "what came after a commit failed")
        finally:
            connection.close()

    def _take(self) -> list[_PendingBallot]:
        """The next batch; empty when there will be none."""
        taken: list[_PendingBallot] = []
        while not taken:
            if not self._waiting:
                each = self._queue.get()
                if each is None:
                    return []
                self._waiting.append(each)
            self._receive()
            count = min(len(self._waiting), settings.VOTE_BATCH_MAX)
            taken = _begin([self._waiting.popleft() for _ in range(count)])
        return taken

    def _receive(self) -> None:
        """Takes what is there off the queue."""
        with suppress(Empty):
            while (each := self._queue.get_nowait()) is not None:
                self._waiting.append(each)
            # For when all of these are written.
            self._queue.put(None)

    def _drain_late(self, poll_ids: Collection[UUID], most: int) -> list[_PendingBallot]:
        """What has come for these polls since."""
        self._receive()
        taken: list[_PendingBallot] = []
        left: deque[_PendingBallot] = deque()
        for each in self._waiting:
            is_wanted = each.ballot.poll_id in poll_ids and len(taken) < most
            (taken if is_wanted else left).append(each)
        self._waiting = left
        return _begin(taken)

    def _write(self, pending: list[_PendingBallot]) -> None:
        def drain_late(poll_ids: Collection[UUID]) -> list[Ballot]:
            late = self._drain_late(poll_ids, settings.VOTE_BATCH_MAX - len(pending))
            pending.extend(late)
            return [each.ballot for each in late]

        started_s = time.perf_counter()
        # A ballot alone doesn't wait to see whether others come.
        batch = _record_all(pending, drain_late if len(pending) > 1 else None)
        taken_s = time.perf_counter() - started_s
        _answer(pending, batch.results)
        COMMIT.observe(taken_s)
        BATCH.observe(len(pending))
        for topic, event in batch.events:
            publish(topic, event)


def _begin(pending: Iterable[_PendingBallot]) -> list[_PendingBallot]:
    """Those that nobody has cancelled; from here on nobody can, and the vote counts."""
    return [
        each
        for each in pending
        if not isinstance(each.answer, Future) or each.answer.set_running_or_notify_cancel()
    ]


def _answer(pending: Sequence[_PendingBallot], answers: Sequence[BallotResult]) -> None:
    by_loop: dict[
        asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Receipt], BallotResult]]
    ] = {}
    for each, answer in zip(pending, answers, strict=True):
        if isinstance(each.answer, Future):
            _settle(each.answer, answer)
        else:
            by_loop.setdefault(each.answer.get_loop(), []).append((each.answer, answer))
    for loop, settled in by_loop.items():
        # All in one call: each wakes the loop. One that is closed has nobody left who waits.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_settle_waiting, settled)
    outcomes = Counter(
        answer.code if isinstance(answer, ApiError) else answer.outcome for answer in answers
    )
    for outcome, count in outcomes.items():
        BALLOTS.labels(outcome).inc(count)


def _settle_waiting(settled: "list[tuple[asyncio.Future[Receipt], BallotResult]]") -> None:
    for future, answer in settled:
        if not future.done():  # whoever waited may have gone, or given up
            _settle(future, answer)


def _settle(future: "Future[Receipt] | asyncio.Future[Receipt]", answer: BallotResult) -> None:
    if isinstance(answer, ApiError):
        future.set_exception(answer)
    else:
        future.set_result(answer)


def _record_all(
    pending: Sequence[_PendingBallot], drain_late: ledger.DrainLate | None
) -> ledger.BatchResult:
    """Writes the ballots together; if that fails, each of them alone, before anyone is told.

    So a ballot the database chokes on spoils only itself, and a connection that broke while
    committing leaves nobody in doubt: the ledger recognizes what it has written already.
    ``pending`` grow by those that ``late`` gives.
    """
    if not _can_reach_database(len(pending)):
        return ledger.BatchResult([ServerUnavailableError() for _ in pending], [])
    used = connection.connection
    try:
        return ledger.record([each.ballot for each in pending], drain_late=drain_late)
    except Exception as error:  # noqa: BLE001 - an outermost place
        is_in_doubt = _has_lost(used)
        _report(error, len(pending))
    return _record_each([each.ballot for each in pending], is_in_doubt=is_in_doubt)


def _record_each(ballots: Sequence[Ballot], *, is_in_doubt: bool) -> ledger.BatchResult:
    """``is_in_doubt`` says that all of them may have been committed together already.

    Where each try waits, such as for a lock that somebody holds, the rest are not tried: those
    who have sent them would wait for each other.
    """
    give_up_at_s = time.monotonic() + settings.DATABASE_LOCK_TIMEOUT_SECONDS
    answers: list[BallotResult] = []
    events: list[TopicEvent] = []
    for index, ballot in enumerate(ballots):
        is_late = time.monotonic() >= give_up_at_s
        if is_late or not _can_reach_database(len(ballots) - index):
            # It is away: all are told now, instead of one after the other at a timeout each.
            refusal = VoteInDoubtError if is_in_doubt else ServerUnavailableError
            answers += [refusal() for _ in ballots[index:]]
            break
        used = connection.connection
        try:
            batch = ledger.record([ballot], is_retry=True)
        except Exception as error:  # noqa: BLE001 - an outermost place
            is_lost = is_in_doubt or _has_lost(used)
            _report(error, 1)
            answers.append(VoteInDoubtError() if is_lost else as_api_error(error))
        else:
            answers += batch.results
            events += batch.events
    return ledger.BatchResult(answers, events)


def _can_reach_database(count: int) -> bool:
    """Whether there is a connection for ``count`` ballots; opens one if need be."""
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        _report(error, count)
        return False
    return True


def _has_lost(used: Any) -> bool:
    """Whether the connection broke within the last transaction: nobody knows how that ended.

    Django drops a connection on which it can't even roll back, and tries to open another.
    """
    return connection.connection is not used


def _report(error: Exception, count: int) -> None:
    """An outermost place: the thread has to outlive whatever went wrong with one batch."""
    report_failure(WORK, error, "ballots not written at the first try", count=count)
    # Perhaps it broke with the database; the next try opens another one.
    connection.close()


_lock = threading.Lock()
_writer: Writer | None = None


def running_writer() -> Writer:
    """The writer of this process, started on the first call."""
    global _writer  # noqa: PLW0603
    with _lock:
        if _writer is None:
            _writer = Writer()
        return _writer


def measure_queue() -> None:
    """Notes how many ballots wait for the writer of this process, if there is one."""
    writer = _writer
    QUEUE.set(0 if writer is None else writer.waiting)


def stop_writer() -> None:
    """Stops the writer of this process, if there is one, after what is queued."""
    global _writer
    with _lock:
        writer, _writer = _writer, None
    if writer is not None:
        writer.stop()
