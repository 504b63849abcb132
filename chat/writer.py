"""The message writer: a group commit of messages, one per process."""

from collections import Counter
from collections.abc import Collection, Sequence
from uuid import UUID

from django.conf import settings

from apikit.errors import ApiError
from apikit.group_commit import Committer, DrainLate, GroupCommit, ProcessGroupCommit
from chat import ledger
from chat.drafts import Draft, DraftResult, PostedMessage
from chat.errors import MessageInDoubtError, MessageWriterBusyError
from chat.events import TopicEvent
from chat.metrics import BATCH, COMMIT, MESSAGES, QUEUE
from realtime import publish

Writer = GroupCommit[Draft, PostedMessage, TopicEvent]


class DraftCommitter(Committer[Draft, PostedMessage, TopicEvent]):
    """Commits messages by the ledger."""

    name = "message_writer"
    busy_error = MessageWriterBusyError
    in_doubt_error = MessageInDoubtError

    @property
    def max_waiting(self) -> int:
        return settings.MESSAGE_QUEUE_MAX

    @property
    def max_batch(self) -> int:
        return settings.MESSAGE_BATCH_MAX

    @property
    def retry_timeout_s(self) -> float:
        return settings.DATABASE_LOCK_TIMEOUT_SECONDS

    def commit(
        self,
        items: Sequence[Draft],
        *,
        is_retry: bool = False,
        drain_late: DrainLate[Draft] | None = None,
    ) -> ledger.LedgerResult:
        if drain_late is None:
            return ledger.record(items, is_retry=is_retry)

        def drain_late_in(room_ids: Collection[UUID]) -> Sequence[Draft]:
            return drain_late(lambda draft: draft.room_id in room_ids)

        return ledger.record(items, is_retry=is_retry, drain_late=drain_late_in)

    def publish(self, events: Sequence[TopicEvent]) -> None:
        for topic, event in events:
            publish(topic, event)

    def observe(self, results: Sequence[DraftResult], duration_s: float) -> None:
        outcomes = Counter(map(_outcome_of, results))
        for outcome, count in outcomes.items():
            MESSAGES.labels(outcome).inc(count)
        COMMIT.observe(duration_s)
        BATCH.observe(len(results))


def _outcome_of(result: DraftResult) -> str:
    if isinstance(result, ApiError):
        return result.code
    return "replayed" if result.is_replayed else "posted"


_process = ProcessGroupCommit(DraftCommitter)
start_writer = _process.start
running_writer = _process.running
stop_writer = _process.stop


def measure_queue() -> None:
    """Sets the metric of queued messages of this process."""
    QUEUE.set(_process.waiting)
