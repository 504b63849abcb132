"""The email that a webhook was disabled."""

from collections import defaultdict
from functools import partial
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.html import format_html
from django.utils.translation import gettext

from accounts.emails import queue_email
from accounts.models import User
from webhooks.models import DisabledReason, Webhook
from workspaces.models import Member
from workspaces.permissions import Action, roles_with

_TEMPLATES = "webhooks/emails/disabled"


def send_disabled_notice(webhook: Webhook) -> None:
    """Send the notice to the webhook's owners after the commit, each in their language."""
    addresses: dict[str, list[str]] = defaultdict(list)
    for user in _owners_of(webhook):
        if user.email:
            addresses[user.language].append(user.email)
    for language, emails in addresses.items():
        for email in emails:
            message = write_notice(webhook, email, language)
            transaction.on_commit(partial(queue_email, message))


def write_notice(webhook: Webhook, email: str, language: str) -> EmailMultiAlternatives:
    """Return the email, as text and HTML. It has no text of users but the receiver's host name."""
    receiver = urlsplit(webhook.url).netloc
    context = {
        "receiver": receiver,
        # Isolated, so that it leaves a sentence in another direction as it is.
        "isolated_receiver": format_html('<bdi dir="ltr">{}</bdi>', receiver),
        "is_gone": webhook.disabled_reason == DisabledReason.GONE,
        "failing_since": webhook.failing_since,
        "site": settings.PUBLIC_URL,
        "host": urlsplit(settings.PUBLIC_URL).netloc,
        "url": f"{settings.PUBLIC_URL}/manage/webhooks/{webhook.id}",
    }
    supported = language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
    with translation.override(supported):
        message = EmailMultiAlternatives(
            gettext("A webhook on Tallyroom was disabled"),
            render_to_string(f"{_TEMPLATES}.txt", context),
            to=[email],
            # Keeps automatic replies away.
            headers={"Auto-Submitted": "auto-generated"},
        )
        message.attach_alternative(render_to_string(f"{_TEMPLATES}.html", context), "text/html")
    return message


def _owners_of(webhook: Webhook) -> list[User]:
    if webhook.owner_id is not None:
        return list(User.objects.filter(id=webhook.owner_id, is_active=True))
    owners = Member.objects.filter(
        project=webhook.project, role__in=roles_with(Action.MANAGE_WEBHOOKS)
    )
    return list(User.objects.filter(id__in=owners.values("user"), is_active=True))
