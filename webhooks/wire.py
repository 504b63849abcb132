"""Wire format of webhooks."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from apikit.pagination import Pagination
from apikit.wire import Id, Wire
from webhooks.models import (
    Delivery,
    DeliveryState,
    DisabledReason,
    Failure,
    Webhook,
    WebhookFormat,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookView(Wire):
    """A webhook. ``project_id`` is null for one of your own polls.

    ``failing_since`` is the first failure after the last success. ``dropped_count`` are events that
    were not queued, because too many waited.
    """

    id: Id
    project_id: Id | None
    name: str
    url: str
    format: WebhookFormat
    language: Annotated[str, Field(description="Of the messages for chats.")]
    events: list[str]
    is_enabled: bool
    disabled_at: datetime | None
    disabled_reason: DisabledReason | None
    failing_since: datetime | None
    last_delivered_at: datetime | None
    dropped_count: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryView(Wire):
    """An event for a webhook. ``id`` is the header ``webhook-id`` of all its requests.

    The rest is about the last attempt; ``failure`` is null if it succeeded.
    """

    id: Id
    event: str
    state: DeliveryState
    attempts: int
    created_at: datetime
    next_attempt_at: Annotated[
        datetime | None, Field(description="Null unless it is pending; not before.")
    ]
    attempted_at: datetime | None
    finished_at: datetime | None
    failure: Failure | None
    response_status: int | None
    duration_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryDetails(DeliveryView):
    """A delivery with its event, and the beginning of the last response."""

    payload: dict[str, Any]
    response_body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookList(Wire):
    webhooks: list[WebhookView]
    pagination: Pagination


@dataclass(frozen=True, slots=True, kw_only=True)
class OneWebhook(Wire):
    webhook: WebhookView


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedWebhook(Wire):
    message: str
    webhook: WebhookView


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookWithSecret(Wire):
    """``secret`` verifies the signatures; it is in no other response."""

    message: str
    webhook: WebhookView
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryList(Wire):
    deliveries: list[DeliveryView]
    pagination: Pagination


@dataclass(frozen=True, slots=True, kw_only=True)
class OneDelivery(Wire):
    delivery: DeliveryDetails


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedDelivery(Wire):
    message: str
    delivery: DeliveryDetails


def view_webhook(webhook: Webhook) -> WebhookView:
    """Return a webhook without its secret."""
    reason = webhook.disabled_reason
    return WebhookView(
        id=webhook.id,
        project_id=webhook.project_id,
        name=webhook.name,
        url=webhook.url,
        format=WebhookFormat(webhook.format),
        language=webhook.language,
        events=webhook.events,
        is_enabled=webhook.is_enabled,
        disabled_at=webhook.disabled_at,
        disabled_reason=DisabledReason(reason) if reason else None,
        failing_since=webhook.failing_since,
        last_delivered_at=webhook.last_delivered_at,
        dropped_count=webhook.dropped_count,
        created_at=webhook.created_at,
        updated_at=webhook.updated_at,
    )


def view_delivery(delivery: Delivery) -> DeliveryView:
    """Return a delivery as lists show it."""
    return DeliveryView(**_fields(delivery))


def view_details(delivery: Delivery) -> DeliveryDetails:
    """Return a delivery with its event and response."""
    return DeliveryDetails(
        **_fields(delivery), payload=delivery.payload, response_body=delivery.response_body
    )


def _fields(delivery: Delivery) -> dict[str, Any]:
    is_pending = delivery.state == DeliveryState.PENDING
    return {
        "id": delivery.id,
        "event": delivery.event,
        "state": DeliveryState(delivery.state),
        "attempts": delivery.attempts,
        "created_at": delivery.created_at,
        "next_attempt_at": delivery.next_attempt_at if is_pending else None,
        "attempted_at": delivery.attempted_at,
        "finished_at": delivery.finished_at,
        "failure": Failure(delivery.failure) if delivery.failure else None,
        "response_status": delivery.response_status,
        "duration_ms": delivery.duration_ms,
    }
