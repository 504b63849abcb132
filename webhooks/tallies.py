"""Finds tallies that have changed, and queues them for the webhooks that subscribe to them.

Voting does not do this: each process compares the versions of polls with what was queued last,
every two seconds; one query if no webhook subscribes to tallies. At most one tally of a poll waits
for a webhook, and there are ``TALLY_INTERVAL_S`` between two. The last version is always queued,
because a poll is found until its version has been.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from polls.cells import read_tally
from polls.models import Poll
from polls.selectors import whole_polls
from polls.tally import results_of, version_of
from webhooks.event_types import TALLY_CHANGED
from webhooks.models import Delivery, DeliveryState, SentTally, Webhook
from webhooks.outbox import queue_event
from webhooks.payloads import TallyData

TALLY_INTERVAL_S = 5.0
# How many tallies are queued per call; the next call does the rest.
AT_ONCE = 100


def queue_changed_tallies() -> int:
    """Queue changed tallies; return how many. Any number of processes may call it at once."""
    if not Webhook.objects.filter(watches_tallies=True, disabled_at=None).exists():
        return 0
    now = timezone.now()
    personal = Q(project=None, creator__is_active=True)
    found = [
        *_changed(Poll.objects.filter(project__isnull=False), "project__webhooks", now),
        *_changed(Poll.objects.filter(personal), "creator__webhooks", now),
    ]
    return sum(_queue_tally(webhook_id, poll_id, now) for webhook_id, poll_id in found)


def _changed(polls: QuerySet[Poll], path: str, now: datetime) -> list[tuple[UUID, UUID]]:
    """Return (webhook, poll) for changed tallies; ``path`` leads from polls to webhooks."""
    same = {"webhook_id": OuterRef(f"{path}__id"), "poll_id": OuterRef("id")}
    sent = SentTally.objects.filter(**same)
    pending = Delivery.objects.filter(**same, event=TALLY_CHANGED, state=DeliveryState.PENDING)
    recent = sent.filter(queued_at__gt=now - timedelta(seconds=TALLY_INTERVAL_S))
    changed = polls.filter(
        **{
            f"{path}__watches_tallies": True,
            f"{path}__disabled_at": None,
            "tallied_at__gt": F(f"{path}__tallies_since"),
        }
    )
    changed = changed.annotate(sent_version=Subquery(sent.values("version")))
    changed = changed.filter(Q(sent_version=None) | Q(sent_version__lt=F("version")))
    waiting = changed.filter(~Exists(pending), ~Exists(recent)).order_by("id")
    return list(waiting.values_list(f"{path}__id", "id")[:AT_ONCE])


def _queue_tally(webhook_id: UUID, poll_id: UUID, now: datetime) -> bool:
    """Queue the tally of a poll, unless another process has."""
    poll = whole_polls().filter(id=poll_id).first()
    webhook = Webhook.objects.filter(id=webhook_id, disabled_at=None).first()
    if poll is None or webhook is None:
        return False
    # Read before the transaction, which is short then. If votes come meanwhile, the next call
    # finds a newer version.
    tally = read_tally(poll, poll.options.all())
    version = version_of(poll, tally)
    data = TallyData(
        project_id=poll.project_id,
        workspace_id=poll.workspace_id,
        results=results_of(tally, version),
    )
    try:
        with transaction.atomic():
            if not _note_sent(webhook_id, poll_id, version, now):
                return False
            return bool(queue_event([webhook], TALLY_CHANGED, lambda: data, poll_id=poll_id))
    except IntegrityError:
        # Another process was faster, or the webhook was deleted.
        return False


def _note_sent(webhook_id: UUID, poll_id: UUID, version: int, now: datetime) -> bool:
    """Remember the version; return False if it was queued already."""
    sent = SentTally.objects.filter(webhook_id=webhook_id, poll_id=poll_id)
    if sent.filter(version__lt=version).update(version=version, queued_at=now):
        return True
    if sent.exists():
        return False
    SentTally.objects.create(webhook_id=webhook_id, poll_id=poll_id, version=version, queued_at=now)
    return True
