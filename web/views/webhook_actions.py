"""Actions on a webhook: test, redeliver, turn on and off, replace its secret, delete."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods

from accounts.page_sessions import page_actor
from apikit.actors import Actor
from apikit.errors import ApiError, ForbiddenError, NotFoundError
from web.confirming import Confirmation, ask
from web.messages import sentence_of
from web.webhook_pages import list_url, show_secret, title_of
from webhooks.errors import DeliveryNotFoundError
from webhooks.selectors import get_webhook_for
from webhooks.services import (
    delete_webhook,
    redeliver,
    rotate_secret,
    send_test_event,
    update_webhook,
)

Run = Callable[[Actor, UUID, QueryDict], object]


@dataclass(frozen=True, slots=True)
class WebhookAction:
    run: Run
    done: Promise


def _redeliver(actor: Actor, webhook_id: UUID, fields: QueryDict) -> None:
    try:
        delivery_id = UUID(fields.get("delivery", ""))
    except ValueError:
        raise DeliveryNotFoundError from None
    redeliver(actor=actor, webhook_id=webhook_id, delivery_id=delivery_id)


def _set_enabled(*, is_enabled: bool) -> Run:
    return lambda actor, webhook_id, _fields: update_webhook(
        actor=actor, webhook_id=webhook_id, is_enabled=is_enabled
    )


ACTIONS = {
    "test": WebhookAction(
        lambda actor, webhook_id, _fields: send_test_event(actor=actor, webhook_id=webhook_id),
        gettext_lazy("A test is on its way. Reload the page to see what came of it."),
    ),
    "redeliver": WebhookAction(_redeliver, gettext_lazy("The event is sent again.")),
    "enable": WebhookAction(_set_enabled(is_enabled=True), gettext_lazy("Webhook turned on.")),
    "disable": WebhookAction(_set_enabled(is_enabled=False), gettext_lazy("Webhook turned off.")),
}


@require_http_methods(["POST"])
def act(request: HttpRequest, webhook_id: UUID, action_name: str) -> HttpResponse:
    """Performs an action on a webhook."""
    action = ACTIONS.get(action_name)
    if action is None:
        raise NotFoundError
    actor = page_actor(request)
    # Others cannot tell it from a missing one.
    get_webhook_for(actor, webhook_id)
    try:
        action.run(actor, webhook_id, request.POST)
    except ForbiddenError:
        raise
    except ApiError as refusal:
        messages.error(request, sentence_of(refusal))
    else:
        messages.success(request, str(action.done))
    return redirect("web:webhook", webhook_id)


@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_cache=True)
def replace_secret(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    """Replaces the secret after a confirmation."""
    actor = page_actor(request)
    webhook = get_webhook_for(actor, webhook_id)
    if request.method == "POST":
        return show_secret(request, rotate_secret(actor=actor, webhook_id=webhook_id))
    return ask(
        request,
        Confirmation(
            title=_("Replace the secret?"),
            name=title_of(webhook),
            lines=[_("For a day, requests are signed with both secrets.")],
            button=_("Replace secret"),
            cancel_url=reverse("web:webhook", args=[webhook_id]),
            is_danger=False,
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_cache=True)
def delete(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    """Deletes a webhook after a confirmation."""
    actor = page_actor(request)
    webhook = get_webhook_for(actor, webhook_id)
    if request.method == "POST":
        delete_webhook(actor=actor, webhook_id=webhook_id)
        messages.success(request, _("Webhook deleted."))
        return redirect(list_url(webhook.project_id))
    return ask(
        request,
        Confirmation(
            title=_("Delete this webhook?"),
            name=title_of(webhook),
            lines=[_("Its receiver gets no events any more. The list of deliveries is deleted.")],
            button=_("Delete webhook"),
            cancel_url=reverse("web:webhook", args=[webhook_id]),
        ),
    )
