"""Translated names of events, formats, states and failures of webhooks."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from webhooks import event_types
from webhooks.models import DeliveryState, DisabledReason, Failure, WebhookFormat

FORMAT_NAMES: Mapping[str, Promise | str] = {
    WebhookFormat.STANDARD.value: _("A program (Standard Webhooks)"),
    WebhookFormat.SLACK.value: "Slack",
    WebhookFormat.MATTERMOST.value: "Mattermost",
    WebhookFormat.MATRIX.value: "Matrix (hookshot)",
}
EVENT_NAMES: Mapping[str, Promise] = {
    event_types.POLL_PUBLISHED: _("A poll is published"),
    event_types.POLL_OPENED: _("A poll opens"),
    event_types.POLL_CLOSED: _("A poll closes"),
    event_types.POLL_REOPENED: _("A poll is reopened"),
    event_types.POLL_DELETED: _("A poll is deleted"),
    event_types.TALLY_CHANGED: _("The results of a poll change"),
    event_types.MESSAGE_POSTED: _("Someone writes a message"),
    event_types.MEMBER_ADDED: _("Someone joins the project"),
    event_types.MEMBER_ROLE_CHANGED: _("A member gets another role"),
    event_types.MEMBER_LEFT: _("A member leaves"),
    event_types.MEMBER_REMOVED: _("A member is removed"),
}
TEST_NAME = _("Test")
STATE_NAMES: Mapping[str, Promise] = {
    DeliveryState.PENDING.value: pgettext_lazy("delivery", "Waiting"),
    DeliveryState.DELIVERED.value: pgettext_lazy("delivery", "Delivered"),
    DeliveryState.FAILED.value: pgettext_lazy("delivery", "Failed"),
}
FAILURE_SENTENCES: Mapping[str, Promise] = {
    Failure.STATUS.value: _("The receiver answered with an error."),
    Failure.TIMEOUT.value: _("The receiver took too long."),
    Failure.CONNECTION.value: _("The receiver couldn’t be reached."),
    Failure.CERTIFICATE.value: _("The receiver’s certificate isn’t valid."),
    Failure.ADDRESS.value: _("The host name doesn’t lead to a public address."),
    Failure.RESPONSE.value: _("The receiver’s answer couldn’t be understood."),
    Failure.DISABLED.value: _("The webhook was turned off."),
}
DISABLED_SENTENCES: Mapping[str, Promise] = {
    DisabledReason.OWNER.value: _("This webhook is turned off. It gets no events."),
    DisabledReason.GONE.value: _(
        "This webhook was turned off, because its receiver answered that it is gone for good."
    ),
    DisabledReason.FAILING.value: _(
        "This webhook was turned off, because all requests to it failed for days."
    ),
    DisabledReason.STAFF.value: _("A moderator has turned off this webhook."),
}


def event_name(event: str) -> str:
    """Returns the name of an event; its type for one of a newer version."""
    return str(EVENT_NAMES.get(event, TEST_NAME if event == event_types.TEST else event))
