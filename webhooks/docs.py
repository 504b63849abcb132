"""Descriptions of the webhook endpoints for the OpenAPI document."""

from collections.abc import Callable
from functools import partial
from typing import Any

from apikit.errors import (
    ApiError,
    GuestRefusedError,
    InvalidCursorError,
    PreconditionFailedError,
    TooManyRequestsError,
)
from apikit.etag_docs import IF_MATCH, etag_header
from apikit.pagination import ONE_PAGE
from apikit.schema import operation
from apikit.wire import Done
from webhooks import errors, serializers, wire
from webhooks.examples import (
    DELIVERY,
    DELIVERY_DETAILS,
    QUEUED_DELIVERY,
    SECRET,
    URL,
    WEBHOOK,
)
from workspaces.errors import ActionNotAllowedError, ProjectNotFoundError

_ETAG = etag_header("The revision, for `If-Match`. Deliveries do not change it.")
_IN_PROJECT: list[type[ApiError]] = [ProjectNotFoundError, ActionNotAllowedError]
_OF_WEBHOOK: list[type[ApiError]] = [
    errors.WebhookNotFoundError,
    GuestRefusedError,
    ActionNotAllowedError,
]
_read = partial(operation, tag="Webhooks")
_write = partial(operation, tag="Webhooks", is_write=True)

list_webhooks = _read(
    "listWebhooks",
    "List webhooks",
    description="Those of your own polls, or with `projectId` those of a project, newest first. "
    "Only owners of a project see its webhooks.",
    query=serializers.WebhookQuerySerializer,
    refusals=[GuestRefusedError, InvalidCursorError, *_IN_PROJECT],
    success={200: wire.WebhookList},
    example={"webhooks": [WEBHOOK], "pagination": ONE_PAGE},
)
create_webhook = _write(
    "createWebhook",
    "Create a webhook",
    description="The `secret` in the response verifies the signatures of requests; it cannot be "
    "read again. Requests follow the Standard Webhooks specification.",
    body=serializers.WebhookCreateSerializer,
    body_example={"url": URL, "events": ["poll.opened", "poll.closed"]},
    refusals=[GuestRefusedError, *_IN_PROJECT, errors.TooManyWebhooksError],
    success={201: wire.WebhookWithSecret},
    example={"message": "Webhook created successfully", "webhook": WEBHOOK, "secret": SECRET},
    parameters=[_ETAG],
)
get_webhook = _read(
    "getWebhook",
    "Get a webhook",
    description="Without its secret. `failingSince` and `disabledReason` say whether it works.",
    refusals=_OF_WEBHOOK,
    success={200: wire.OneWebhook},
    example={"webhook": WEBHOOK},
    parameters=[_ETAG],
)


def update_webhook(name: str, summary: str) -> Callable[[Any], Any]:
    """Describe PUT or PATCH, which do the same."""
    return _write(
        name,
        summary,
        description="Changes the fields that you send, with PUT as with PATCH. Disabling it gives "
        "up what waits to be sent; enabling it forgets its failures.",
        body=serializers.WebhookChangeSerializer,
        body_example={"isEnabled": True},
        refusals=[*_OF_WEBHOOK, PreconditionFailedError, errors.WebhookBlockedError],
        success={200: wire.ChangedWebhook},
        example={"message": "Webhook updated successfully", "webhook": WEBHOOK},
        parameters=[_ETAG, IF_MATCH],
    )


delete_webhook = _write(
    "deleteWebhook",
    "Delete a webhook",
    description="Deletes the webhook with its deliveries.",
    refusals=[*_OF_WEBHOOK, PreconditionFailedError],
    success={200: Done},
    example={"message": "Webhook deleted successfully"},
    parameters=[IF_MATCH],
)
rotate_secret = _write(
    "rotateWebhookSecret",
    "Replace the secret of a webhook",
    description="For a day, requests are also signed with the old secret, so that receivers can "
    "change to the new one meanwhile.",
    refusals=_OF_WEBHOOK,
    success={200: wire.WebhookWithSecret},
    example={"message": "Secret replaced successfully", "webhook": WEBHOOK, "secret": SECRET},
    parameters=[_ETAG],
)
test_webhook = _write(
    "testWebhook",
    "Send a test to a webhook",
    description="Queues an event of the type `webhook.test`. Read the delivery to see what came "
    "of it.",
    refusals=[
        *_OF_WEBHOOK,
        errors.WebhookDisabledError,
        errors.TooManyPendingError,
        TooManyRequestsError,
    ],
    success={202: wire.QueuedDelivery},
    example={"message": "Test queued successfully", "delivery": QUEUED_DELIVERY},
)
list_deliveries = _read(
    "listWebhookDeliveries",
    "List the deliveries to a webhook",
    description="Newest first. They are deleted after two weeks by default.",
    query=serializers.DeliveryQuerySerializer,
    refusals=[*_OF_WEBHOOK, InvalidCursorError],
    success={200: wire.DeliveryList},
    example={"deliveries": [DELIVERY], "pagination": ONE_PAGE},
)
get_delivery = _read(
    "getWebhookDelivery",
    "Get a delivery to a webhook",
    description="With the event, and the beginning of the receiver's last response.",
    refusals=[*_OF_WEBHOOK, errors.DeliveryNotFoundError],
    success={200: wire.OneDelivery},
    example={"delivery": DELIVERY_DETAILS},
)
redeliver = _write(
    "redeliver",
    "Send an event again",
    description="With the same message id, and as many attempts as a new one.",
    refusals=[
        *_OF_WEBHOOK,
        errors.DeliveryNotFoundError,
        errors.WebhookDisabledError,
        errors.DeliveryPendingError,
        TooManyRequestsError,
    ],
    success={202: wire.QueuedDelivery},
    example={"message": "Delivery queued successfully", "delivery": QUEUED_DELIVERY},
)
