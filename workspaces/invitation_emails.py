"""The emails with invitations."""

from functools import partial
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.html import format_html
from django.utils.translation import gettext

from accounts.emails import check_room_for_email, queue_email
from accounts.models import User
from apikit.actors import Actor
from apikit.throttling import SharedLimit
from workspaces.models import Invitation
from workspaces.quoting import quotable

# Emails per hour, besides the setting INVITATIONS_PER_HOUR of each inviter.
PER_PROJECT_AND_HOUR = 200
PER_ADDRESS_AND_HOUR = 5

# Of the names in an email.
INVITER_MAX_CHARS = 40
PROJECT_MAX_CHARS = 60
_TEMPLATES = "workspaces/emails/invitation"


def check_may_send(actor: Actor, project_id: UUID, email: str) -> None:
    """Check that an invitation can be sent, and count it; call it before anything is changed.

    :raises ServerUnavailableError: while too many emails wait for the mail server.
    :raises TooManyRequestsError: after too many emails of the actor, of the project or to the
        address.
    """
    check_room_for_email()
    for name, maximum, subject in (
        ("invitations-by", settings.INVITATIONS_PER_HOUR, str(actor.account_id())),
        ("invitations-of", PER_PROJECT_AND_HOUR, str(project_id)),
        ("invitations-to", PER_ADDRESS_AND_HOUR, email),
    ):
        SharedLimit(name, maximum, 3600).count(subject)


def send_invitation(invitation: Invitation, inviter_id: UUID, token: str) -> None:
    """Send an invitation with its token after the commit; two queries."""
    message = address_email(invitation, inviter_id, token)
    transaction.on_commit(partial(queue_email, message))


def address_email(invitation: Invitation, inviter_id: UUID, token: str) -> EmailMultiAlternatives:
    """Return the email in the language of the recipient's account, or else of the inviter's."""
    inviter = User.objects.get(id=inviter_id)
    recipient = User.objects.find_by_email(invitation.email)
    language = _first_supported(recipient.language if recipient else "", inviter.language)
    return write_email(invitation, inviter.name, token, language)


def write_email(
    invitation: Invitation, inviter_name: str, token: str, language: str
) -> EmailMultiAlternatives:
    """Return the email, as text and HTML. Its subject has no text of users: logs repeat it."""
    inviter = quotable(inviter_name, INVITER_MAX_CHARS)
    project = quotable(invitation.project.name, PROJECT_MAX_CHARS)
    context = {
        "inviter": inviter,
        "project": project,
        # Isolated, so that a name in another direction leaves the sentence as it is.
        "isolated_inviter": format_html("<bdi>{}</bdi>", inviter),
        "isolated_project": format_html("<bdi>{}</bdi>", project),
        "role": invitation.role,
        "expires_at": invitation.expires_at,
        "site": settings.PUBLIC_URL,
        "host": urlsplit(settings.PUBLIC_URL).netloc,
        "url": f"{settings.PUBLIC_URL}/invitations/{token}",
    }
    with translation.override(language):
        message = EmailMultiAlternatives(
            gettext("Invitation to a project on Tallyroom"),
            render_to_string(f"{_TEMPLATES}.txt", context),
            to=[invitation.email],
            # Keeps automatic replies away.
            headers={"Auto-Submitted": "auto-generated"},
        )
        message.attach_alternative(render_to_string(f"{_TEMPLATES}.html", context), "text/html")
    return message


def _first_supported(*languages: str) -> str:
    supported = dict(settings.LANGUAGES)
    return next((each for each in languages if each in supported), settings.LANGUAGE_CODE)
