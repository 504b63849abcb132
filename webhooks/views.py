"""The webhook endpoints."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from apikit.idempotency import idempotent
from apikit.pagination import page_of
from apikit.revisions import expected_revisions, with_etag
from apikit.views import ApiViewSet, actor_of, read_body, read_query, respond
from apikit.wire import Done
from webhooks import docs, selectors, serializers, services
from webhooks.models import Delivery, DeliveryState, Webhook
from webhooks.wire import (
    ChangedWebhook,
    DeliveryList,
    OneDelivery,
    OneWebhook,
    QueuedDelivery,
    WebhookList,
    WebhookWithSecret,
    view_delivery,
    view_details,
    view_webhook,
)


class WebhookViewSet(ApiViewSet):
    """Listing, creating, changing, testing and deleting webhooks."""

    @docs.list_webhooks
    def list(self, request: Request) -> Response:
        query = read_query(serializers.WebhookQuerySerializer, request)
        found = selectors.list_webhooks_for(actor_of(request), query.get("project_id"))
        rows, pagination = page_of(found, query)
        views = [view_webhook(each) for each in rows]
        return respond(WebhookList(webhooks=views, pagination=pagination))

    @docs.create_webhook
    @idempotent
    def create(self, request: Request) -> Response:
        actor = actor_of(request)
        actor.account_id()
        body = read_body(serializers.WebhookCreateSerializer, request)
        webhook = services.create_webhook(actor=actor, **body)
        return _with_secret(webhook, "Webhook created successfully", 201)

    @docs.get_webhook
    def retrieve(self, request: Request, webhook_id: UUID) -> Response:
        webhook = selectors.get_webhook_for(actor_of(request), webhook_id)
        return with_etag(respond(OneWebhook(webhook=view_webhook(webhook))), webhook.revision)

    @docs.update_webhook("updateWebhook", "Change a webhook")
    @idempotent
    def update(self, request: Request, webhook_id: UUID) -> Response:
        return self._update(request, webhook_id)

    @docs.update_webhook("patchWebhook", "Change a webhook, with PATCH")
    @idempotent
    def partial_update(self, request: Request, webhook_id: UUID) -> Response:
        return self._update(request, webhook_id)

    def _update(self, request: Request, webhook_id: UUID) -> Response:
        webhook = services.update_webhook(
            actor=actor_of(request),
            webhook_id=webhook_id,
            expected_revisions=expected_revisions(request),
            **read_body(serializers.WebhookChangeSerializer, request),
        )
        body = ChangedWebhook(message="Webhook updated successfully", webhook=view_webhook(webhook))
        return with_etag(respond(body), webhook.revision)

    @docs.delete_webhook
    @idempotent
    def destroy(self, request: Request, webhook_id: UUID) -> Response:
        services.delete_webhook(
            actor=actor_of(request),
            webhook_id=webhook_id,
            expected_revisions=expected_revisions(request),
        )
        return respond(Done(message="Webhook deleted successfully"))

    @docs.rotate_secret
    @idempotent
    def rotate(self, request: Request, webhook_id: UUID) -> Response:
        webhook = services.rotate_secret(actor=actor_of(request), webhook_id=webhook_id)
        return _with_secret(webhook, "Secret replaced successfully", 200)

    @docs.test_webhook
    @idempotent
    def test(self, request: Request, webhook_id: UUID) -> Response:
        delivery = services.send_test_event(actor=actor_of(request), webhook_id=webhook_id)
        return _queued(delivery, "Test queued successfully")


class DeliveryViewSet(ApiViewSet):
    """Listing deliveries, and sending them again."""

    @docs.list_deliveries
    def list(self, request: Request, webhook_id: UUID) -> Response:
        query = read_query(serializers.DeliveryQuerySerializer, request)
        state = query.get("state")
        found = selectors.list_deliveries_for(
            actor_of(request), webhook_id, DeliveryState(state) if state else None
        )
        rows, pagination = page_of(found, query)
        views = [view_delivery(each) for each in rows]
        return respond(DeliveryList(deliveries=views, pagination=pagination))

    @docs.get_delivery
    def retrieve(self, request: Request, webhook_id: UUID, delivery_id: UUID) -> Response:
        delivery = selectors.get_delivery_for(actor_of(request), webhook_id, delivery_id)
        return respond(OneDelivery(delivery=view_details(delivery)))

    @docs.redeliver
    @idempotent
    def redeliver(self, request: Request, webhook_id: UUID, delivery_id: UUID) -> Response:
        delivery = services.redeliver(
            actor=actor_of(request), webhook_id=webhook_id, delivery_id=delivery_id
        )
        return _queued(delivery, "Delivery queued successfully")


def _with_secret(webhook: Webhook, message: str, status: int) -> Response:
    body = WebhookWithSecret(message=message, webhook=view_webhook(webhook), secret=webhook.secret)
    return with_etag(respond(body, status), webhook.revision)


def _queued(delivery: Delivery, message: str) -> Response:
    return respond(QueuedDelivery(message=message, delivery=view_details(delivery)), 202)
