"""Reads of webhooks and deliveries, with authorisation.

An account has its own webhooks. Those of a project are for the members who may manage them; they
can contain secrets, and carry what happens in the project to somewhere else.
"""

from uuid import UUID

from django.db.models import QuerySet

from apikit.actors import Actor
from webhooks.errors import DeliveryNotFoundError, WebhookNotFoundError
from webhooks.models import Delivery, DeliveryState, Webhook
from workspaces.errors import ProjectNotFoundError
from workspaces.permissions import Action
from workspaces.selectors import get_standing


def list_webhooks_for(actor: Actor, project_id: UUID | None = None) -> QuerySet[Webhook]:
    """Return the actor's own webhooks, or those of a project, newest first.

    :raises AuthenticationRequiredError, GuestRefusedError: for visitors and guests.
    :raises ProjectNotFoundError, ActionNotAllowedError: see ``get_standing``.
    """
    owner_id = actor.account_id()
    webhooks = Webhook.objects.order_by("-id")
    if project_id is None:
        return webhooks.filter(owner=owner_id)
    get_standing(actor, project_id, Action.MANAGE_WEBHOOKS)
    return webhooks.filter(project=project_id)


def get_webhook_for(actor: Actor, webhook_id: UUID, *, is_locked: bool = False) -> Webhook:
    """Return a webhook that the actor may manage; with ``is_locked`` until the transaction ends.

    :raises AuthenticationRequiredError, GuestRefusedError: for visitors and guests.
    :raises WebhookNotFoundError: for those of others as for missing ones.
    :raises ActionNotAllowedError: for members of its project who may not manage webhooks.
    """
    owner_id = actor.account_id()
    webhooks = Webhook.objects.filter(id=webhook_id)
    webhook = (webhooks.select_for_update(no_key=True) if is_locked else webhooks).first()
    if webhook is None:
        raise WebhookNotFoundError
    if webhook.project_id is None:
        if webhook.owner_id != owner_id:
            raise WebhookNotFoundError
        return webhook
    try:
        get_standing(actor, webhook.project_id, Action.MANAGE_WEBHOOKS)
    except ProjectNotFoundError as error:
        raise WebhookNotFoundError from error
    return webhook


def list_deliveries_for(
    actor: Actor, webhook_id: UUID, state: DeliveryState | None = None
) -> QuerySet[Delivery]:
    """Return the deliveries to a webhook, newest first.

    :raises ApiError: what :func:`get_webhook_for` raises.
    """
    get_webhook_for(actor, webhook_id)
    deliveries = Delivery.objects.filter(webhook=webhook_id).order_by("-id")
    return deliveries if state is None else deliveries.filter(state=state)


def get_delivery_for(actor: Actor, webhook_id: UUID, delivery_id: UUID) -> Delivery:
    """Return a delivery with its webhook.

    :raises ApiError: what :func:`get_webhook_for` raises.
    :raises DeliveryNotFoundError: if there is no such delivery to it.
    """
    get_webhook_for(actor, webhook_id)
    deliveries = Delivery.objects.select_related("webhook")
    delivery = deliveries.filter(id=delivery_id, webhook=webhook_id).first()
    if delivery is None:
        raise DeliveryNotFoundError
    return delivery
