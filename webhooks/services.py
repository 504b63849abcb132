"""Writes of webhooks: creating, changing, deleting, testing them, and sending events again."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from apikit.actors import Actor
from apikit.errors import ForbiddenError, PreconditionFailedError, ValidationFailedError
from apikit.revisions import Revisions
from apikit.throttling import SharedLimit
from webhooks import event_types
from webhooks.addresses import check_url
from webhooks.delivering import disable_locked
from webhooks.errors import (
    DeliveryPendingError,
    TooManyPendingError,
    TooManyWebhooksError,
    WebhookBlockedError,
    WebhookDisabledError,
    WebhookNotFoundError,
)
from webhooks.models import Delivery, DeliveryState, DisabledReason, Webhook, WebhookFormat
from webhooks.outbox import queue_event
from webhooks.payloads import WebhookTestData
from webhooks.selectors import get_delivery_for, get_webhook_for
from webhooks.signing import new_secret
from workspaces.permissions import Action
from workspaces.selectors import get_standing

# How long requests are also signed with the secret that was replaced.
PREVIOUS_SECRET_VALID = timedelta(days=1)
# Tests and repeated deliveries, of one account.
REQUESTS_PER_HOUR = 100


def create_webhook(
    *,
    actor: Actor,
    url: str,
    events: Collection[str],
    project_id: UUID | None = None,
    name: str = "",
    format_: WebhookFormat = WebhookFormat.STANDARD,
    language: str | None = None,
) -> Webhook:
    """Create a webhook for the actor's own polls, or for a project. ``secret`` is shown once.

    :raises AuthenticationRequiredError, GuestRefusedError: for visitors and guests.
    :raises ProjectNotFoundError, ActionNotAllowedError: see ``get_standing``.
    :raises ValidationFailedError: for an invalid URL, or events that there are not.
    :raises TooManyWebhooksError: at ``WEBHOOKS_PER_OWNER``.
    """
    owner_id, now = actor.account_id(), timezone.now()
    url = check_url(url)
    names = check_events(events, is_of_project=project_id is not None)
    target = {"owner_id": owner_id} if project_id is None else {"project_id": project_id}
    with transaction.atomic():
        # Requests of one account or project are counted one after another.
        if project_id is not None:
            get_standing(actor, project_id, Action.MANAGE_WEBHOOKS, is_locked=True)
        user = User.objects.select_for_update(no_key=True).get(id=owner_id)
        if Webhook.objects.filter(**target).count() >= settings.WEBHOOKS_PER_OWNER:
            raise TooManyWebhooksError
        webhook = Webhook(
            **target,
            name=name,
            url=url,
            format=format_,
            language=language or user.language or settings.LANGUAGE_CODE,
            secret=new_secret(),
            tallies_since=now,
            created_at=now,
            updated_at=now,
        )
        _set_events(webhook, names)
        webhook.save(force_insert=True)
    return webhook


def update_webhook(
    *,
    actor: Actor,
    webhook_id: UUID,
    url: str | None = None,
    events: Collection[str] | None = None,
    name: str | None = None,
    format_: WebhookFormat | None = None,
    language: str | None = None,
    is_enabled: bool | None = None,
    expected_revisions: Revisions = None,
) -> Webhook:
    """Change what is not None. Enabling it forgets its failures; disabling it drops what waits.

    :raises ApiError: what ``get_webhook_for`` raises.
    :raises PreconditionFailedError: if the revision is not in ``expected_revisions``.
    :raises ValidationFailedError: for an invalid URL, or events that there are not.
    :raises WebhookBlockedError: for enabling one that a moderator has disabled.
    """
    with transaction.atomic():
        webhook = get_webhook_for(actor, webhook_id, is_locked=True)
        if expected_revisions is not None and webhook.revision not in expected_revisions:
            raise PreconditionFailedError
        webhook.url = webhook.url if url is None else check_url(url)
        webhook.name = webhook.name if name is None else name
        webhook.format = webhook.format if format_ is None else format_
        webhook.language = webhook.language if language is None else language
        if events is not None:
            is_of_project = webhook.project_id is not None
            _set_events(webhook, check_events(events, is_of_project=is_of_project))
        if is_enabled is True and not webhook.is_enabled:
            _enable(webhook)
        _save(webhook)
        if is_enabled is False and webhook.is_enabled:
            disable_locked(webhook, DisabledReason.OWNER)
    return webhook


def delete_webhook(*, actor: Actor, webhook_id: UUID, expected_revisions: Revisions = None) -> None:
    """Delete a webhook with its deliveries.

    :raises ApiError: what ``get_webhook_for`` raises.
    :raises PreconditionFailedError: if the revision is not in ``expected_revisions``.
    """
    with transaction.atomic():
        webhook = get_webhook_for(actor, webhook_id, is_locked=True)
        if expected_revisions is not None and webhook.revision not in expected_revisions:
            raise PreconditionFailedError
        webhook.delete()


def rotate_secret(*, actor: Actor, webhook_id: UUID) -> Webhook:
    """Replace the secret. For a day, requests are signed with the old one, too.

    :raises ApiError: what ``get_webhook_for`` raises.
    """
    with transaction.atomic():
        webhook = get_webhook_for(actor, webhook_id, is_locked=True)
        webhook.previous_secret = webhook.secret
        webhook.previous_secret_until = timezone.now() + PREVIOUS_SECRET_VALID
        webhook.secret = new_secret()
        _save(webhook)
    return webhook


def send_test_event(*, actor: Actor, webhook_id: UUID) -> Delivery:
    """Queue an event of the type ``webhook.test``.

    :raises ApiError: what ``get_webhook_for`` raises.
    :raises WebhookDisabledError: if the webhook is disabled.
    :raises TooManyPendingError: if too many deliveries wait.
    :raises TooManyRequestsError: after too many in an hour.
    """
    _count_request(actor)
    with transaction.atomic():
        webhook = get_webhook_for(actor, webhook_id, is_locked=True)
        if not webhook.is_enabled:
            raise WebhookDisabledError
        data = WebhookTestData(webhook_id=webhook.id, name=webhook.name)
        queued = queue_event([webhook], event_types.TEST, lambda: data)
        if not queued:
            transaction.set_rollback(True)
    if not queued:
        raise TooManyPendingError
    return get_delivery_for(actor, webhook_id, queued[0].id)


def redeliver(*, actor: Actor, webhook_id: UUID, delivery_id: UUID) -> Delivery:
    """Send an event again, with the same message id and as many attempts as a new one.

    :raises ApiError: what ``get_delivery_for`` raises.
    :raises WebhookDisabledError: if the webhook is disabled.
    :raises DeliveryPendingError: if it waits, or a newer tally of the same poll does.
    :raises TooManyRequestsError: after too many in an hour.
    """
    _count_request(actor)
    try:
        with transaction.atomic():
            webhook = get_webhook_for(actor, webhook_id, is_locked=True)
            delivery = get_delivery_for(actor, webhook_id, delivery_id)
            if not webhook.is_enabled:
                raise WebhookDisabledError
            finished = Delivery.objects.filter(~Q(state=DeliveryState.PENDING), id=delivery.id)
            if not finished.update(
                state=DeliveryState.PENDING,
                attempts=0,
                next_attempt_at=Now(),
                finished_at=None,
            ):
                raise DeliveryPendingError
    except IntegrityError as error:
        raise DeliveryPendingError from error
    return get_delivery_for(actor, webhook_id, delivery_id)


def disable_for_staff(*, actor: Actor, webhook_id: UUID) -> bool:
    """Disable any webhook so that its owner cannot enable it; return whether it changed.

    :raises ForbiddenError: unless ``actor`` is staff.
    :raises WebhookNotFoundError: if there is none.
    """
    with transaction.atomic():
        webhook = _lock_for_staff(actor, webhook_id)
        if webhook.disabled_reason == DisabledReason.STAFF:
            return False
        disable_locked(webhook, DisabledReason.STAFF)
    return True


def enable_for_staff(*, actor: Actor, webhook_id: UUID) -> bool:
    """Enable any webhook; return whether it was disabled.

    :raises ForbiddenError: unless ``actor`` is staff.
    :raises WebhookNotFoundError: if there is none.
    """
    with transaction.atomic():
        webhook = _lock_for_staff(actor, webhook_id)
        if webhook.is_enabled:
            return False
        webhook.disabled_reason = ""
        _enable(webhook)
        _save(webhook)
    return True


def check_events(events: Collection[str], *, is_of_project: bool) -> list[str]:
    """Return the events in our order.

    :raises ValidationFailedError: for none, or for events that there are not.
    """
    known: Sequence[str] = [
        event
        for event in event_types.EVENTS
        if is_of_project or event not in event_types.MEMBER_EVENTS
    ]
    if not events or not set(events) <= set(known):
        raise ValidationFailedError.of("events", f"Must be some of: {', '.join(known)}.")
    return [event for event in known if event in events]


def _lock_for_staff(actor: Actor, webhook_id: UUID) -> Webhook:
    if not actor.is_staff:
        raise ForbiddenError
    webhook = Webhook.objects.select_for_update(no_key=True).filter(id=webhook_id).first()
    if webhook is None:
        raise WebhookNotFoundError
    return webhook


def _count_request(actor: Actor) -> None:
    limit = SharedLimit("webhook-requests", REQUESTS_PER_HOUR, 3600)
    limit.count(str(actor.account_id()))


def _set_events(webhook: Webhook, events: list[str]) -> None:
    watched_before = webhook.watches_tallies
    webhook.events = events
    webhook.watches_tallies = event_types.TALLY_CHANGED in events
    webhook.watches_messages = event_types.MESSAGE_POSTED in events
    if webhook.watches_tallies and not watched_before:
        webhook.tallies_since = timezone.now()


def _enable(webhook: Webhook) -> None:
    if webhook.disabled_reason == DisabledReason.STAFF:
        raise WebhookBlockedError
    webhook.disabled_at, webhook.disabled_reason = None, ""
    webhook.failing_since, webhook.failure_count, webhook.paused_until = None, 0, None
    webhook.tallies_since = timezone.now()


def _save(webhook: Webhook) -> None:
    webhook.revision += 1
    webhook.updated_at = timezone.now()
    webhook.save()
