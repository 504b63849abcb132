"""The emails with invitations."""

from functools import partial
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction

from accounts.emails import check_room_for_email, queue_email
from apikit.actors import Actor
from apikit.throttling import SharedLimit
from workspaces.models import Invitation

# Emails per hour, besides the setting INVITATIONS_PER_HOUR of each inviter.
PER_PROJECT_AND_HOUR = 200
PER_ADDRESS_AND_HOUR = 5

TEXT = """Hello,

You are invited to a project at {site}.
To accept or decline, open this link:

{site}/invitations/{token}
"""


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


def send_invitation(invitation: Invitation, token: str) -> None:
    """Send an invitation with its token after the commit."""
    body = TEXT.format(site=settings.PUBLIC_URL, token=token)
    message = EmailMessage("Invitation to a project", body, to=[invitation.email])
    transaction.on_commit(partial(queue_email, message))
