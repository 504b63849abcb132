"""Webhooks and their deliveries in the moderation admin.

Paths and queries of URLs are not shown: those of chats are secrets.
"""

import json
from urllib.parse import urlsplit
from uuid import UUID

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.admin import user_link
from accounts.moderation.actions import ObjectAction, run_for_each
from accounts.moderation.base import ModerationAdmin, mark_text, moment_text
from accounts.moderation.filters import ChoiceFilter, CreatedFilter
from accounts.selectors import matching_users
from apikit.actors import Actor
from apikit.errors import shortened
from webhooks.models import Delivery, DeliveryState, DisabledReason, Webhook
from webhooks.services import disable_for_staff, enable_for_staff

PAYLOAD_SHOWN_CHARS = 5000
_LOOKS = {
    DeliveryState.DELIVERED: "moderation-good",
    DeliveryState.FAILED: "moderation-bad",
    DeliveryState.PENDING: "moderation-quiet",
}


class WebhookStateFilter(ChoiceFilter):
    title = "state"
    parameter_name = "state"

    def choices_by_name(self) -> dict[str, tuple[str, Q]]:
        return {
            "on": ("on", Q(disabled_at=None)),
            "failing": ("failing", Q(disabled_at=None, failing_since__isnull=False)),
            "off": ("off", Q(disabled_at__isnull=False)),
        }


class DeliveryStateFilter(ChoiceFilter):
    title = "state"
    parameter_name = "state"

    def choices_by_name(self) -> dict[str, tuple[str, Q]]:
        return {value: (label.lower(), Q(state=value)) for value, label in DeliveryState.choices}


def _disable(actor: Actor, webhook: Webhook) -> bool:
    return disable_for_staff(actor=actor, webhook_id=webhook.id)


def _enable(actor: Actor, webhook: Webhook) -> bool:
    return enable_for_staff(actor=actor, webhook_id=webhook.id)


@admin.action(description="Disable")
def disable_webhooks(
    model_admin: ModerationAdmin[Webhook], request: HttpRequest, webhooks: QuerySet[Webhook]
) -> None:
    run_for_each(model_admin, request, webhooks, ObjectAction(run=_disable, outcome="disabled"))


@admin.action(description="Enable")
def enable_webhooks(
    model_admin: ModerationAdmin[Webhook], request: HttpRequest, webhooks: QuerySet[Webhook]
) -> None:
    run_for_each(model_admin, request, webhooks, ObjectAction(run=_enable, outcome="enabled"))


@admin.register(Webhook)
class WebhookAdmin(ModerationAdmin[Webhook]):
    """Lists webhooks; staff disable those that are abused."""

    actions = (disable_webhooks, enable_webhooks)
    fields = (
        "name",
        "receiver",
        "format",
        "owner_shown",
        "project",
        "events",
        "state_shown",
        "disabled_at",
        "failing_since",
        "failure_count",
        "last_delivered_at",
        "dropped_count",
        "created_at",
    )
    list_display = ("title", "receiver", "format", "owner_shown", "state_shown", "made")
    list_display_links = ("title",)
    list_filter = (WebhookStateFilter, "format", CreatedFilter)
    lookups = frozenset({"owner", "project"})
    ordering = ("-id",)
    search_fields = ("owner__name", "owner__email")
    search_help_text = "A part of the owner's name or email address, or the id of a webhook."
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Webhook]:
        return super().get_queryset(request).select_related("owner", "project")

    def has_change_permission(self, request: HttpRequest, obj: Webhook | None = None) -> bool:
        # Webhooks are read-only; seeing the list is enough to disable them.
        return obj is None

    def search(self, rows: QuerySet[Webhook], text: str) -> QuerySet[Webhook]:
        try:
            return rows.filter(id=UUID(text))
        except ValueError:
            return rows.filter(matching_users(text, by_email=True, prefix="owner__"))

    def fitting_actions(self, request: HttpRequest, obj: Webhook) -> list[str]:
        is_blocked = obj.disabled_reason == DisabledReason.STAFF
        disable = [] if is_blocked else ["disable_webhooks"]
        return disable if obj.is_enabled else [*disable, "enable_webhooks"]

    @admin.display(description="webhook")
    def title(self, webhook: Webhook) -> str:
        return str(webhook)

    @admin.display(description="receiver")
    def receiver(self, webhook: Webhook) -> str:
        parts = urlsplit(webhook.url)
        return f"{parts.scheme}://{parts.netloc}"

    @admin.display(description="owner")
    def owner_shown(self, webhook: Webhook) -> SafeString | str:
        return str(webhook.project) if webhook.owner is None else user_link(webhook.owner)

    @admin.display(description="state")
    def state_shown(self, webhook: Webhook) -> SafeString:
        if not webhook.is_enabled:
            label = DisabledReason(webhook.disabled_reason).label.lower()
            return mark_text(label, "moderation-quiet")
        if webhook.failing_since:
            return mark_text("failing", "moderation-bad")
        return mark_text("on", "moderation-good")

    @admin.display(description="created (UTC)")
    def made(self, webhook: Webhook) -> SafeString:
        return moment_text(webhook.created_at)


@admin.register(Delivery)
class DeliveryAdmin(ModerationAdmin[Delivery]):
    """To read only: what was sent, and what came of it."""

    fields = (
        "webhook",
        "event",
        "state_shown",
        "attempts",
        "failure",
        "response_status",
        "response_body",
        "duration_ms",
        "created_at",
        "attempted_at",
        "next_attempt_at",
        "finished_at",
        "payload_shown",
    )
    list_display = ("event", "webhook", "state_shown", "attempts", "response_status", "made")
    list_filter = (DeliveryStateFilter, CreatedFilter)
    lookups = frozenset({"webhook"})
    ordering = ("-id",)
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        return super().get_queryset(request).select_related("webhook")

    @admin.display(description="state")
    def state_shown(self, delivery: Delivery) -> SafeString:
        state = DeliveryState(delivery.state)
        return mark_text(state.value, _LOOKS[state])

    @admin.display(description="created (UTC)")
    def made(self, delivery: Delivery) -> SafeString:
        return moment_text(delivery.created_at)

    @admin.display(description="payload")
    def payload_shown(self, delivery: Delivery) -> SafeString:
        text = json.dumps(delivery.payload, indent=2, ensure_ascii=False)
        return format_html("<pre>{}</pre>", shortened(text, PAYLOAD_SHOWN_CHARS))
