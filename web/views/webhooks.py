"""``/manage/webhooks``: your own webhooks and those of a project, with what was sent."""

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_safe

from accounts.page_sessions import page_actor
from apikit.actors import Actor
from apikit.errors import ApiError, PreconditionFailedError
from apikit.pagination import page_of
from web.forms.webhooks import WebhookForm
from web.manage_texts import copy_texts
from web.pages import accounts_only, form_page, page_number
from web.project_texts import project_texts
from web.teams import live_data, read_switcher, team_context
from web.webhook_pages import list_url, show_secret, take_secret, title_of
from web.webhook_texts import (
    DISABLED_SENTENCES,
    FAILURE_SENTENCES,
    FORMAT_NAMES,
    STATE_NAMES,
    event_name,
)
from webhooks.models import Delivery, Webhook
from webhooks.selectors import get_webhook_for, list_deliveries_for, list_webhooks_for
from webhooks.services import (
    create_webhook,
    update_webhook,
)
from workspaces.permissions import Action
from workspaces.selectors import get_standing

WEBHOOKS_PER_PAGE = 30
DELIVERIES_PER_PAGE = 20


@require_safe
@cache_control(private=True, no_cache=True)
@accounts_only
def show_list(request: HttpRequest, project_id: UUID | None = None) -> HttpResponse:
    """Lists your webhooks, or those of a project."""
    actor = page_actor(request)
    rows, pagination = page_of(
        list_webhooks_for(actor, project_id),
        {"page": page_number(request), "limit": WEBHOOKS_PER_PAGE},
    )
    context = _place(actor, project_id) | {
        "rows": [_summary(webhook) for webhook in rows],
        "pagination": pagination,
        "new_url": _new_url(project_id),
    }
    return render(request, "web/webhooks.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_cache=True)
@accounts_only
def create(request: HttpRequest, project_id: UUID | None = None) -> HttpResponse:
    """Creates a webhook."""
    actor = page_actor(request)
    if project_id is not None:
        get_standing(actor, project_id, Action.MANAGE_WEBHOOKS)
    form = WebhookForm(
        request.POST if request.method == "POST" else None,
        is_of_project=project_id is not None,
        language=get_language() or "en",
    )
    if form.is_bound and form.is_valid():
        try:
            webhook = create_webhook(actor=actor, project_id=project_id, **form.values())
        except ApiError as refusal:
            form.refuse(refusal)
        else:
            return show_secret(request, webhook)
    return form_page(request, "web/webhook_form.html", form, back_url=list_url(project_id))


@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_cache=True)
def edit(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    """Changes a webhook."""
    actor = page_actor(request)
    webhook = get_webhook_for(actor, webhook_id)
    form = WebhookForm(
        request.POST if request.method == "POST" else None,
        webhook=webhook,
        is_of_project=webhook.project_id is not None,
        language=webhook.language,
    )
    if form.is_bound and form.is_valid():
        try:
            update_webhook(
                actor=actor,
                webhook_id=webhook_id,
                expected_revisions=form.expected_revisions(),
                **form.values(),
            )
        except PreconditionFailedError:
            form.note_conflict(get_webhook_for(actor, webhook_id).revision)
        except ApiError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Saved."))
            return redirect("web:webhook", webhook_id)
    back_url = reverse("web:webhook", args=[webhook_id])
    return form_page(request, "web/webhook_form.html", form, webhook=webhook, back_url=back_url)


@require_safe
@cache_control(private=True, no_store=True)
@accounts_only
def show(request: HttpRequest, webhook_id: UUID) -> HttpResponse:
    """Shows a webhook with its deliveries, and once its new secret."""
    actor = page_actor(request)
    webhook = get_webhook_for(actor, webhook_id)
    rows, pagination = page_of(
        list_deliveries_for(actor, webhook_id),
        {"page": page_number(request), "limit": DELIVERIES_PER_PAGE},
    )
    context = {
        "webhook": webhook,
        "summary": _summary(webhook),
        "format": FORMAT_NAMES[webhook.format],
        "events": [event_name(event) for event in webhook.events],
        "disabled": DISABLED_SENTENCES.get(webhook.disabled_reason, ""),
        "secret": take_secret(request, webhook),
        "deliveries": [_row(delivery) for delivery in rows],
        "pagination": pagination,
        "back_url": list_url(webhook.project_id),
        "texts": copy_texts(),
    }
    return render(request, "web/webhook.html", context)


# Parts


def _place(actor: Actor, project_id: UUID | None) -> dict[str, Any]:
    """Returns the frame of the list: that of a project, or of your own pages."""
    if project_id is None:
        return {"layout": "web/webhooks_own.html", "switcher": read_switcher(actor)}
    standing = get_standing(actor, project_id, Action.MANAGE_WEBHOOKS)
    frame = {
        "layout": "web/team_base.html",
        "page": live_data(standing),
        "texts": project_texts(),
    }
    return frame | team_context(standing, "settings")


def _new_url(project_id: UUID | None) -> str:
    if project_id is None:
        return reverse("web:webhook-new")
    return reverse("web:project-webhook-new", args=[project_id])


def _summary(webhook: Webhook) -> dict[str, Any]:
    return {
        "webhook": webhook,
        "title": title_of(webhook),
        "receiver": urlsplit(webhook.url).netloc,
        "format": FORMAT_NAMES[webhook.format],
        "state": "off" if not webhook.is_enabled else "failing" if webhook.failing_since else "on",
    }


def _row(delivery: Delivery) -> dict[str, Any]:
    return {
        "delivery": delivery,
        "event": event_name(delivery.event),
        "state": STATE_NAMES[delivery.state],
        "failure": FAILURE_SENTENCES.get(delivery.failure, ""),
    }
