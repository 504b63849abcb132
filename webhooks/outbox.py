"""Queues events for webhooks, in the transaction of what happened.

The rows are the outbox: an event is queued exactly if what happened is committed, and
``webhooks.dispatching`` finds it then.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q
from django.db.models.functions import Now
from django.utils import timezone

from webhooks.models import Delivery, DeliveryState, Webhook
from webhooks.payloads import Data, payload_of

# Deliveries of a webhook that may wait. Beyond it, events are counted and dropped.
MAX_PENDING = 1000
_ENABLED = Q(disabled_at=None) & (Q(owner=None) | Q(owner__is_active=True))


def find_subscribed(event: str, *, project_id: UUID | None, owner_id: UUID | None) -> list[Webhook]:
    """Return the webhooks of a project, or else of an account, that get ``event``; one query."""
    target = {"owner_id": owner_id} if project_id is None else {"project_id": project_id}
    webhooks = Webhook.objects.filter(_ENABLED, **target).order_by("id")
    return [webhook for webhook in webhooks if event in webhook.events]


def queue_event(
    webhooks: Collection[Webhook],
    event: str,
    make_data: Callable[[], Data],
    *,
    poll_id: UUID | None = None,
) -> list[Delivery]:
    """Queue an event for ``webhooks``; two queries. Nothing happens without webhooks.

    ``make_data`` is called only if there are any.
    """
    if not webhooks:
        return []
    now = timezone.now()
    payload = payload_of(event, now, make_data())
    return queue_deliveries(
        [new_delivery(webhook, event, payload, now, poll_id) for webhook in webhooks]
    )


def new_delivery(
    webhook: Webhook,
    event: str,
    payload: dict[str, Any],
    now: datetime,
    poll_id: UUID | None = None,
) -> Delivery:
    """Return a pending delivery, not saved."""
    return Delivery(
        webhook=webhook,
        event=event,
        payload=payload,
        poll_id=poll_id,
        # By the clock of the database, as where it is read.
        next_attempt_at=Now(),
        created_at=now,
    )


def queue_deliveries(deliveries: Sequence[Delivery]) -> list[Delivery]:
    """Save deliveries, as many as may wait; return those. Two queries, three if some are dropped.

    Concurrent transactions can exceed the bound by what they queue.
    """
    room = _room_left({each.webhook_id for each in deliveries})
    queued: list[Delivery] = []
    dropped: dict[UUID, int] = {}
    for each in deliveries:
        if room[each.webhook_id] > 0:
            room[each.webhook_id] -= 1
            queued.append(each)
        else:
            dropped[each.webhook_id] = dropped.get(each.webhook_id, 0) + 1
    Delivery.objects.bulk_create(queued)
    for webhook_id, count in sorted(dropped.items()):
        Webhook.objects.filter(id=webhook_id).update(dropped_count=F("dropped_count") + count)
    return queued


def _room_left(webhook_ids: Iterable[UUID]) -> dict[UUID, int]:
    room = dict.fromkeys(webhook_ids, MAX_PENDING)
    pending = Delivery.objects.filter(webhook__in=room, state=DeliveryState.PENDING).order_by()
    for webhook_id, count in pending.values_list("webhook").annotate(Count("id")):
        room[webhook_id] -= count
    return room
