"""The vote writer: a group commit of ballots, one per process."""

import threading
from collections import Counter
from collections.abc import Collection, Sequence
from uuid import UUID

from django.conf import settings

from apikit.errors import ApiError
from apikit.group_commit import Committer, DrainLate, GroupCommit
from realtime import publish
from votes import ledger
from votes.ballots import Ballot, BallotResult, Receipt
from votes.errors import VoteInDoubtError, WriterBusyError
from votes.metrics import BALLOTS, BATCH, COMMIT, QUEUE
from votes.poll_batch import TopicEvent

Writer = GroupCommit[Ballot, Receipt, TopicEvent]


class BallotCommitter(Committer[Ballot, Receipt, TopicEvent]):
    """Commits ballots by the ledger."""

    name = "vote_writer"
    busy_error = WriterBusyError
    in_doubt_error = VoteInDoubtError

    @property
    def max_waiting(self) -> int:
        return settings.VOTE_QUEUE_MAX

    @property
    def max_batch(self) -> int:
        return settings.VOTE_BATCH_MAX

    @property
    def retry_timeout_s(self) -> float:
        return settings.DATABASE_LOCK_TIMEOUT_SECONDS

    def commit(
        self,
        items: Sequence[Ballot],
        *,
        is_retry: bool = False,
        drain_late: DrainLate[Ballot] | None = None,
    ) -> ledger.LedgerResult:
        if drain_late is None:
            return ledger.record(items, is_retry=is_retry)

        def drain_late_in(poll_ids: Collection[UUID]) -> Sequence[Ballot]:
            return drain_late(lambda ballot: ballot.poll_id in poll_ids)

        return ledger.record(items, is_retry=is_retry, drain_late=drain_late_in)

    def publish(self, events: Sequence[TopicEvent]) -> None:
        for topic, event in events:
            publish(topic, event)

    def observe(self, results: Sequence[BallotResult], duration_s: float) -> None:
        outcomes = Counter(
            result.code if isinstance(result, ApiError) else result.outcome for result in results
        )
        for outcome, count in outcomes.items():
            BALLOTS.labels(outcome).inc(count)
        COMMIT.observe(duration_s)
        BATCH.observe(len(results))


_lock = threading.Lock()
_writer: Writer | None = None


def start_writer() -> Writer:
    """Starts a writer; only tests have more than one."""
    return GroupCommit(BallotCommitter())


def running_writer() -> Writer:
    """Returns the writer of this process; the first call starts it."""
    global _writer  # noqa: PLW0603
    with _lock:
        if _writer is None:
            _writer = start_writer()
        return _writer


def measure_queue() -> None:
    """Sets the metric of queued ballots of this process."""
    writer = _writer
    QUEUE.set(0 if writer is None else writer.waiting)


def stop_writer() -> None:
    """Stops the writer of this process, if it runs, after committing what is queued."""
    global _writer
    with _lock:
        writer, _writer = _writer, None
    if writer is not None:
        writer.stop()
