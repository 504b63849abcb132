"""Input of the webhook endpoints."""

from django.conf import settings

from apikit.pagination import PageQuerySerializer
from apikit.serializers import (
    BoundedListField,
    ChoiceField,
    IdField,
    StrictBooleanField,
    StrictSerializer,
    TextField,
)
from webhooks.event_types import EVENTS
from webhooks.models import NAME_MAX_CHARS, URL_MAX_CHARS, DeliveryState, WebhookFormat


class _WebhookSerializer(StrictSerializer):
    name = TextField(
        max_length=NAME_MAX_CHARS, required=False, allow_blank=True, help_text="For lists."
    )
    format = ChoiceField(
        choices=WebhookFormat.values,
        required=False,
        source="format_",
        help_text="`standard` sends the event as JSON; the others send a message that the "
        "incoming webhooks of the chat take.",
    )
    language = ChoiceField(
        choices=[code for code, _ in settings.LANGUAGES],
        required=False,
        help_text="Of the messages for chats; that of your account if it is left out.",
    )


def _url_field(*, required: bool) -> TextField:
    return TextField(
        max_length=URL_MAX_CHARS,
        required=required,
        help_text="Where requests go: `https`, at a public address.",
    )


def _events_field(*, required: bool) -> BoundedListField:
    return BoundedListField(
        child=ChoiceField(choices=EVENTS),
        min_length=1,
        max_length=len(EVENTS),
        required=required,
        help_text="Those about members are for webhooks of projects.",
    )


class WebhookCreateSerializer(_WebhookSerializer):
    """A new webhook."""

    url = _url_field(required=True)
    events = _events_field(required=True)
    projectId = IdField(
        source="project_id",
        required=False,
        allow_null=True,
        help_text="Whose events it gets; without it, those of your own polls.",
    )


class WebhookChangeSerializer(_WebhookSerializer):
    """The fields to change."""

    url = _url_field(required=False)
    events = _events_field(required=False)
    isEnabled = StrictBooleanField(source="is_enabled", required=False)


class WebhookQuerySerializer(PageQuerySerializer):
    """Filters of the list."""

    projectId = IdField(
        source="project_id",
        required=False,
        help_text="The webhooks of this project, in place of your own.",
    )


class DeliveryQuerySerializer(PageQuerySerializer):
    """Filters of the list of deliveries."""

    state = ChoiceField(
        choices=DeliveryState.values, required=False, help_text="Only deliveries in this state."
    )
