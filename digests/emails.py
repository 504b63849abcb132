"""The email with a digest, as text and HTML, in the language of the account."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext

from accounts.models import Digest, User
from digests.collecting import News, PollNews
from digests.subscriptions import unsubscribe_url
from workspaces.quoting import quotable

QUESTION_MAX_CHARS = 100
NAME_MAX_CHARS = 40
PROJECT_MAX_CHARS = 60
_TEMPLATES = "digests/emails/digest"


def write_digest(user: User, news: News) -> EmailMultiAlternatives:
    """Return the email. Texts of other people are in quotes, short, and no links."""
    unsubscribe = unsubscribe_url(user.id)
    context = {
        "news": news,
        "is_weekly": user.digest == Digest.WEEKLY,
        "polls": [_poll(each) for each in news.polls],
        "members": [
            (quotable(name, NAME_MAX_CHARS), quotable(project, PROJECT_MAX_CHARS))
            for name, project in news.members
        ],
        "invitations": [
            (quotable(project, PROJECT_MAX_CHARS), count) for project, count in news.invitations
        ],
        "site": settings.PUBLIC_URL,
        "host": urlsplit(settings.PUBLIC_URL).netloc,
        "manage_url": f"{settings.PUBLIC_URL}/manage",
        "account_url": f"{settings.PUBLIC_URL}/account#digest",
        "unsubscribe_url": unsubscribe,
    }
    with translation.override(_language_of(user)):
        message = EmailMultiAlternatives(
            gettext("What happened in your polls"),
            render_to_string(f"{_TEMPLATES}.txt", context),
            to=[user.email or ""],
            headers={
                "Auto-Submitted": "auto-generated",
                # One click in the mail program ends them (RFC 8058).
                "List-Unsubscribe": f"<{unsubscribe}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            },
        )
        message.attach_alternative(render_to_string(f"{_TEMPLATES}.html", context), "text/html")
    return message


def _poll(news: PollNews) -> dict[str, Any]:
    return {
        "question": quotable(news.question, QUESTION_MAX_CHARS),
        "project": quotable(news.project, PROJECT_MAX_CHARS) if news.project else "",
        "url": f"{settings.PUBLIC_URL}/manage/{news.id}",
        "new_ballots": news.new_ballots,
        "is_opened": news.is_opened,
        "is_closed": news.is_closed,
    }


def _language_of(user: User) -> str:
    return user.language if user.language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
