"""The email with a digest, as text and HTML, in the language of the account."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.html import format_html
from django.utils.translation import gettext

from accounts.models import Digest, User
from digests.collecting import DigestContent
from digests.subscriptions import unsubscribe_url
from workspaces.quoting import quotable

QUESTION_MAX_CHARS = 100
NAME_MAX_CHARS = 40
PROJECT_MAX_CHARS = 60
_TEMPLATES = "digests/emails/digest"

Quote = Callable[[str, int], str]


def write_digest(user: User, content: DigestContent) -> EmailMultiAlternatives:
    """Return the email. Texts of other people are in quotes, short, and no links."""
    url = unsubscribe_url(user.id)
    context = {
        "content": content,
        "is_weekly": user.digest == Digest.WEEKLY,
        "site": settings.PUBLIC_URL,
        "host": urlsplit(settings.PUBLIC_URL).netloc,
        "manage_url": f"{settings.PUBLIC_URL}/manage",
        "account_url": f"{settings.PUBLIC_URL}/account#digest",
        "unsubscribe_url": url,
    }
    with translation.override(_language_of(user)):
        message = EmailMultiAlternatives(
            gettext("What happened in your polls"),
            render_to_string(f"{_TEMPLATES}.txt", context | _texts(content, quotable)),
            to=[user.email or ""],
            headers={
                "Auto-Submitted": "auto-generated",
                # One click in the mail program ends them (RFC 8058).
                "List-Unsubscribe": f"<{url}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            },
        )
        html = render_to_string(f"{_TEMPLATES}.html", context | _texts(content, _isolated))
        message.attach_alternative(html, "text/html")
    return message


def _texts(content: DigestContent, quote: Quote) -> dict[str, Any]:
    """Return the parts of the email that have texts of other people."""

    def project(name: str) -> str:
        return quote(name, PROJECT_MAX_CHARS) if name else ""

    return {
        "polls": [
            {
                "question": quote(each.question, QUESTION_MAX_CHARS),
                "project": project(each.project),
                "url": f"{settings.PUBLIC_URL}/manage/{each.id}",
                "new_ballots": each.new_ballots,
                "is_opened": each.is_opened,
                "is_closed": each.is_closed,
            }
            for each in content.polls
        ],
        "members": [
            (quote(name, NAME_MAX_CHARS), project(place)) for name, place in content.members
        ],
        "invitations": [(project(place), count) for place, count in content.invitations],
    }


def _isolated(text: str, max_chars: int) -> str:
    """Isolate a text, so that its direction leaves the sentence as it is."""
    return format_html("<bdi>{}</bdi>", quotable(text, max_chars))


def _language_of(user: User) -> str:
    return user.language if user.language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
