"""The form of a webhook. The services validate."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from web.forms.base import TextField
from web.forms.teams import RevisionForm
from web.webhook_texts import EVENT_NAMES, FORMAT_NAMES
from webhooks.event_types import MEMBER_EVENTS
from webhooks.models import NAME_MAX_CHARS, URL_MAX_CHARS, Webhook, WebhookFormat


class WebhookForm(RevisionForm):
    """Creates or changes a webhook."""

    name = TextField(
        label=_("Name"),
        max_length=NAME_MAX_CHARS,
        required=False,
        help_text=_("Optional."),
        widget=forms.TextInput(attrs={"dir": "auto", "autocomplete": "off"}),
    )
    url = TextField(
        label=_("URL"),
        max_length=URL_MAX_CHARS,
        help_text=_("Where requests are sent. Must begin with https:// and be reachable publicly."),
        widget=forms.URLInput(
            attrs={"dir": "ltr", "autocomplete": "off", "placeholder": "https://"}
        ),
        error_messages={"required": _("Enter a URL.")},
    )
    format_ = forms.ChoiceField(
        label=_("Receiver"),
        choices=list(FORMAT_NAMES.items()),
        initial=WebhookFormat.STANDARD.value,
    )
    language = forms.ChoiceField(
        label=_("Language"),
        help_text=_("Of the messages for chats."),
        choices=settings.LANGUAGES,
    )
    events = forms.MultipleChoiceField(
        label=_("Events"),
        choices=list(EVENT_NAMES.items()),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one event.")},
    )

    def __init__(
        self,
        data: object = None,
        *,
        webhook: Webhook | None = None,
        is_of_project: bool,
        language: str,
    ) -> None:
        super().__init__(data, initial=_initial_of(webhook) if webhook else {"language": language})
        if not is_of_project:
            self.fields["events"].choices = [  # type: ignore[attr-defined]
                (event, name) for event, name in EVENT_NAMES.items() if event not in MEMBER_EVENTS
            ]

    def values(self) -> dict[str, Any]:
        """Returns the values for the services."""
        values = self.cleaned_data
        return {
            "name": values["name"],
            "url": values["url"],
            "format_": WebhookFormat(values["format_"]),
            "language": values["language"],
            "events": values["events"],
        }


def _initial_of(webhook: Webhook) -> dict[str, Any]:
    return {
        "name": webhook.name,
        "url": webhook.url,
        "format_": webhook.format,
        "language": webhook.language,
        "events": webhook.events,
        "revision": webhook.revision,
    }
