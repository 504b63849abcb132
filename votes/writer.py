"""The vote writer: a group commit of ballots, one per process."""

from collections import Counter
from collections.abc import Collection, Sequence
from uuid import UUID

from django.conf import settings

from apikit.errors import ApiError
from apikit.group_commit import Committer, DrainLate, GroupCommit, ProcessGroupCommit
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


_process = ProcessGroupCommit(BallotCommitter)
start_writer = _process.start
running_writer = _process.running
stop_writer = _process.stop


def measure_queue() -> None:
    """Sets the metric of queued ballots of this process."""
    QUEUE.set(_process.waiting)
