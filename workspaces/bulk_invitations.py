"""Invitations of many people at a time: they wait for a job, which sends their emails one by one.

An invitation that waits has no token yet. So it is visible to its project and to its account, but
nobody has a link to it. The job gives it a token and sends the email, as fast as the limits on
emails of :mod:`workspaces.invitation_emails` allow. An invitation that is answered, revoked or sent
otherwise meanwhile waits no longer.
"""

import secrets
from datetime import timedelta
from smtplib import SMTPException, SMTPRecipientsRefused
from uuid import UUID

from django.conf import settings
from django.db.models import F, QuerySet
from django.utils import timezone

from apikit.actors import Actor
from apikit.background import report_failure
from apikit.errors import ServerUnavailableError
from workspaces.errors import ProjectFullError
from workspaces.invitation_emails import address_email, check_may_send
from workspaces.invitation_selectors import hash_token, is_backed
from workspaces.invitations import TOKEN_BYTES, change_invited_role, record_invitation
from workspaces.limits import MAX_OPEN_INVITATIONS
from workspaces.models import Invitation, Project
from workspaces.permissions import Role

# In place of the hash of a token, which it cannot be.
_WAITING = "waiting:"


def count_open(project: Project) -> int:
    """Return how many open invitations of a project have not expired."""
    open_ones = Invitation.objects.filter(Invitation.OPEN, project=project)
    return open_ones.filter(expires_at__gt=timezone.now()).count()


def check_room(project: Project, added: int) -> None:
    """Check that a locked project may have so many more open invitations.

    :raises ProjectFullError: if not.
    """
    left = MAX_OPEN_INVITATIONS - count_open(project)
    if added > left:
        raise ProjectFullError(
            f"A project may have {MAX_OPEN_INVITATIONS} open invitations, and {max(left, 0)} are "
            f"left, but {added} people have no account yet. Revoke some, or split the file."
        )


def invite_later(
    *, actor: Actor, project: Project, email: str, role: Role, invitation: Invitation | None
) -> bool:
    """Open an invitation in a locked project whose email is sent by the job; return whether it is.

    ``invitation`` is the open one of the address, if any: it gets the role, and its email is sent
    again only if it has expired.
    """
    now = timezone.now()
    if invitation is not None and invitation.expires_at > now:
        if invitation.role != role:
            change_invited_role(actor, project, invitation, role)
        return False
    is_new = invitation is None
    invitation = invitation or Invitation(
        project=project, email=email, created_at=now, sent_count=0
    )
    invitation.role = role
    invitation.invited_by_id = actor.account_id()
    invitation.token_hash = f"{_WAITING}{secrets.token_hex(16)}"
    invitation.sent_at = now
    invitation.expires_at = now + timedelta(days=settings.INVITATION_VALID_DAYS)
    invitation.save()
    record_invitation("sent" if is_new else "resent", invitation, actor, after={"role": role})
    return True


def waiting_in(project_id: UUID) -> QuerySet[Invitation]:
    """Return the invitations of a project whose emails are to be sent, the oldest first."""
    waiting = Invitation.objects.filter(
        Invitation.OPEN,
        is_backed(),
        project_id=project_id,
        token_hash__startswith=_WAITING,
    )
    return waiting.select_related("project").order_by("id")


def send_waiting(invitation: Invitation) -> bool:
    """Send the email of an invitation that waits; return whether it was still waiting.

    It is claimed first, so that nobody gets two emails: if the process is killed in between, the
    email may be lost, and the project can send the invitation again. If the mail server does not
    answer, the claim is undone.

    :raises TooManyRequestsError: after too many emails.
    :raises ServerUnavailableError: if the mail server does not take it.
    """
    assert invitation.invited_by_id is not None, "is_backed()"
    check_may_send(Actor(invitation.invited_by_id), invitation.project_id, invitation.email)
    token, waiting_hash = secrets.token_urlsafe(TOKEN_BYTES), invitation.token_hash
    now = timezone.now()
    invitation.expires_at = now + timedelta(days=settings.INVITATION_VALID_DAYS)
    claimed = Invitation.objects.filter(
        Invitation.OPEN, id=invitation.id, token_hash=waiting_hash
    ).update(
        token_hash=hash_token(token),
        sent_at=now,
        expires_at=invitation.expires_at,
        sent_count=F("sent_count") + 1,
    )
    if claimed:
        _send(invitation, invitation.invited_by_id, token, waiting_hash)
    return bool(claimed)


def _send(invitation: Invitation, inviter_id: UUID, token: str, waiting_hash: str) -> None:
    message = address_email(invitation, inviter_id, token)
    try:
        message.send()
    except SMTPRecipientsRefused as error:
        # Trying again does not help. The error's text has the address.
        report_failure(
            "email", error, "email not sent", conceals_text=True, subject=message.subject
        )
    except (SMTPException, OSError) as error:
        Invitation.objects.filter(id=invitation.id, token_hash=hash_token(token)).update(
            token_hash=waiting_hash, sent_count=F("sent_count") - 1
        )
        raise ServerUnavailableError("The mail server does not take emails.") from error
