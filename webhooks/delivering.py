"""One attempt of a delivery, and its effect on the delivery and the webhook."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Now
from django.utils import timezone
from prometheus_client import Counter

from jobs.models import seconds_from_now
from webhooks.emails import send_disabled_notice
from webhooks.formats import body_of
from webhooks.models import Delivery, DeliveryState, DisabledReason, Failure, Webhook
from webhooks.sending import Answer, send
from webhooks.signing import signed_headers

log = structlog.get_logger(__name__)

# The pauses after each failed attempt of a delivery: eight attempts in about 18 hours.
PAUSES_S = (5, 60, 300, 1800, 7200, 18_000, 36_000)
MAX_ATTEMPTS = len(PAUSES_S) + 1
# Pauses are longer by up to this share, so that deliveries that failed together spread out.
JITTER = 0.2
# After a failure, nothing is sent to the webhook for so long; doubled with each further one.
FIRST_WEBHOOK_PAUSE_S = 5
MAX_WEBHOOK_PAUSE_S = 300
GONE = 410

ATTEMPTS = Counter("tallyroom_webhook_attempts_total", "Requests to webhooks", ["outcome"])


def next_due(webhook_id: UUID) -> Delivery | None:
    """Return the delivery of an enabled webhook that is due longest, with the webhook."""
    due = Delivery.objects.select_related("webhook").filter(
        webhook_id=webhook_id,
        webhook__disabled_at=None,
        state=DeliveryState.PENDING,
        next_attempt_at__lte=Now(),
    )
    return due.order_by("next_attempt_at", "id").first()


def deliver(delivery: Delivery, *, should_stop: Callable[[], bool]) -> bool:
    """Send a delivery and record the outcome; return whether it was delivered.

    :raises StoppedSendingError: if ``should_stop`` becomes true meanwhile; nothing is recorded.
    """
    webhook, now = delivery.webhook, timezone.now()
    body = body_of(delivery.payload, webhook.format, webhook.language)
    headers = signed_headers(delivery.id, body, _keys_of(webhook, now), now)
    answer = send(webhook.url, headers, body.encode(), should_stop=should_stop)
    outcome = "delivered" if answer.failure is None else answer.failure.value
    ATTEMPTS.labels(outcome).inc()
    log.info(
        "webhook attempt",
        webhook_id=str(webhook.id),
        delivery_id=str(delivery.id),
        outcome=outcome,
        status=answer.status,
        duration_ms=answer.duration_ms,
    )
    _record(delivery, answer)
    return answer.failure is None


def _keys_of(webhook: Webhook, now: datetime) -> list[str]:
    until = webhook.previous_secret_until
    return [webhook.secret, webhook.previous_secret] if until and until > now else [webhook.secret]


def _record(delivery: Delivery, answer: Answer) -> None:
    attempt: dict[str, Any] = {
        "attempts": F("attempts") + 1,
        "attempted_at": Now(),
        "failure": answer.failure or "",
        "response_status": answer.status,
        "response_body": answer.body,
        "duration_ms": answer.duration_ms,
    }
    with transaction.atomic():
        # The webhook first, as where webhooks are changed; its owner may have disabled it.
        webhook = (
            Webhook.objects.select_for_update(no_key=True).filter(id=delivery.webhook_id).first()
        )
        if webhook is None:
            return
        pending = Delivery.objects.filter(id=delivery.id, state=DeliveryState.PENDING)
        if answer.failure is None:
            pending.update(**attempt, state=DeliveryState.DELIVERED, finished_at=Now())
            _note_success(webhook)
        elif delivery.attempts + 1 >= MAX_ATTEMPTS or answer.status == GONE:
            pending.update(**attempt, state=DeliveryState.FAILED, finished_at=Now())
            _note_failure(webhook, answer)
        else:
            pause_s = max(_pause_s(delivery.attempts), answer.retry_after_s)
            pending.update(**attempt, next_attempt_at=seconds_from_now(pause_s))
            _note_failure(webhook, answer)


def _pause_s(failed_before: int) -> float:
    return PAUSES_S[failed_before] * random.uniform(1, 1 + JITTER)  # noqa: S311 - no secret


def _note_success(webhook: Webhook) -> None:
    Webhook.objects.filter(id=webhook.id).update(
        last_delivered_at=Now(), failing_since=None, failure_count=0, paused_until=None
    )


def _note_failure(webhook: Webhook, answer: Answer) -> None:
    """Pause a locked webhook, or disable it if it is gone or has failed for too long."""
    doublings = min(webhook.failure_count, 10)
    pause_s = min(FIRST_WEBHOOK_PAUSE_S * 2**doublings, MAX_WEBHOOK_PAUSE_S)
    Webhook.objects.filter(id=webhook.id).update(
        failing_since=Coalesce("failing_since", Now()),
        failure_count=F("failure_count") + 1,
        paused_until=seconds_from_now(max(pause_s, answer.retry_after_s)),
    )
    limit = timedelta(days=settings.WEBHOOK_DISABLED_AFTER_DAYS)
    if not webhook.is_enabled:
        return
    if answer.status == GONE:
        disable_locked(webhook, DisabledReason.GONE)
        send_disabled_notice(webhook)
    elif webhook.failing_since is not None and timezone.now() - webhook.failing_since > limit:
        disable_locked(webhook, DisabledReason.FAILING)
        send_disabled_notice(webhook)


def disable_locked(webhook: Webhook, reason: DisabledReason) -> None:
    """Disable a locked webhook, and give up its pending deliveries."""
    webhook.disabled_at, webhook.disabled_reason = timezone.now(), reason
    webhook.updated_at = webhook.disabled_at
    webhook.revision += 1
    webhook.save(update_fields=["disabled_at", "disabled_reason", "updated_at", "revision"])
    Delivery.objects.filter(webhook=webhook, state=DeliveryState.PENDING).update(
        state=DeliveryState.FAILED, failure=Failure.DISABLED, finished_at=Now()
    )
    log.info("webhook disabled", webhook_id=str(webhook.id), reason=reason.value)
