"""Writes to invitations: inviting, sending again, revoking, accepting, declining.

Every write locks the project first, so that concurrent invitations, answers and changes of roles
happen one after another, and each sees what the ones before have done.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.errors import AccountSuspendedError
from accounts.identity import check_email, mask_email
from accounts.models import User
from apikit.actors import Actor
from workspaces.activity import Target, record
from workspaces.errors import (
    InvitationExpiredError,
    InvitationNotFoundError,
    InvitationOfOtherAddressError,
    ProjectFullError,
)
from workspaces.invitation_emails import check_may_send, send_invitation
from workspaces.invitation_selectors import (
    find_invitation,
    hash_token,
    is_by_id,
    is_for,
    with_token,
)
from workspaces.limits import MAX_OPEN_INVITATIONS
from workspaces.models import Invitation, Member, Project
from workspaces.permissions import Action, Role, check_role
from workspaces.roster import admit_member
from workspaces.selectors import get_standing

TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class Invited:
    """What an invitation led to; ``is_sent`` says whether an email goes out.

    ``invitation`` is None for somebody who is a member already.
    """

    invitation: Invitation | None
    is_new: bool = False
    is_sent: bool = False


def invite(*, actor: Actor, project_id: UUID, email: str, role: Role | str) -> Invited:
    """Invite the owner of an email address, who may have no account yet, and send an email.

    For a member, nothing changes. An open invitation gets the new role, and no second email is
    sent: that is what :func:`resend_invitation` is for. An expired one is sent again.

    :raises ProjectNotFoundError, ActionNotAllowedError: unless ``actor`` may invite.
    :raises ValidationFailedError: for an invalid address or role.
    :raises ProjectFullError: if too many invitations are open.
    :raises TooManyRequestsError: after too many emails of the actor, of the project or to the
        address.
    :raises ServerUnavailableError: while too many emails wait for the mail server.
    """
    email, role = check_email(email), check_role(role)
    get_standing(actor, project_id, Action.INVITE)
    if _needs_email(project_id, email):
        # Before the lock: counting asks Redis.
        check_may_send(actor, project_id, email)
    with transaction.atomic():
        project = get_standing(actor, project_id, Action.INVITE, is_locked=True).project
        if _is_member(project_id, email):
            return Invited(None)
        invitation = _open_in(project_id).filter(email=email).first()
        if invitation is None:
            created = _create(actor, project, email, role)
            return Invited(created, is_new=True, is_sent=True)
        is_expired = invitation.expires_at <= timezone.now()
        if is_expired:
            _send_again(actor, project, invitation, role)
        elif invitation.role != role:
            change_invited_role(actor, project, invitation, role)
    return Invited(invitation, is_sent=is_expired)


def resend_invitation(*, actor: Actor, project_id: UUID, invitation_id: UUID) -> Invitation:
    """Send an open invitation again, with a new token and deadline; the old token is void.

    The actor becomes the inviter. Raises what :func:`invite` raises.

    :raises InvitationNotFoundError: for an invitation that was answered or revoked.
    """
    get_standing(actor, project_id, Action.INVITE)
    email = _open_in(project_id).filter(id=invitation_id).values_list("email", flat=True).first()
    if email is None:
        raise InvitationNotFoundError
    check_may_send(actor, project_id, email)
    with transaction.atomic():
        project = get_standing(actor, project_id, Action.INVITE, is_locked=True).project
        invitation = _get_open(project_id, invitation_id)
        _send_again(actor, project, invitation, Role(invitation.role))
    return invitation


def revoke_invitation(*, actor: Actor, project_id: UUID, invitation_id: UUID) -> None:
    """Withdraw an open invitation.

    :raises ProjectNotFoundError, ActionNotAllowedError: unless ``actor`` may invite.
    :raises InvitationNotFoundError: for an invitation that was answered or revoked.
    """
    with transaction.atomic():
        get_standing(actor, project_id, Action.INVITE, is_locked=True)
        invitation = _get_open(project_id, invitation_id)
        invitation.revoked_at = timezone.now()
        invitation.save(update_fields=["revoked_at"])
        record_invitation("revoked", invitation, actor)


def accept_invitation(*, actor: Actor, token: str) -> Member:
    """Make the actor a member; ``token`` is the mailed one, or the id of an own invitation.

    A member keeps the role they have. Repeating it is not an error while they are a member.

    :raises AuthenticationRequiredError, GuestRefusedError: for visitors and guests.
    :raises AccountSuspendedError: for suspended people.
    :raises InvitationNotFoundError: for an unknown, revoked or declined one, if its inviter may not
        invite any more, if the project was deleted, and for the id of somebody else's.
    :raises InvitationOfOtherAddressError: for a mailed token of another address.
    :raises InvitationExpiredError: for an expired one.
    :raises ProjectFullError: if the project has too many members.
    """
    with transaction.atomic():
        project = _lock_project_of(actor, token)
        user = _lock_answering(actor)
        member = Member.objects.filter(project=project, user=user).first()
        if member is not None and _was_accepted_by(user, token):
            return member
        invitation = _get_own(user, token)
        member, _ = admit_member(
            project,
            user,
            Role(invitation.role),
            actor=actor,
            invited_by_id=invitation.invited_by_id,
        )
        invitation.accepted_at = timezone.now()
        invitation.save(update_fields=["accepted_at"])
        record_invitation("accepted", invitation, actor, after={"role": member.role})
    member.project = project
    return member


def decline_invitation(*, actor: Actor, token: str) -> None:
    """Decline an invitation. Raises what :func:`accept_invitation` raises."""
    with transaction.atomic():
        _lock_project_of(actor, token)
        invitation = _get_own(_lock_answering(actor), token)
        invitation.declined_at = timezone.now()
        invitation.save(update_fields=["declined_at"])
        record_invitation("declined", invitation, actor)


def _needs_email(project_id: UUID, email: str) -> bool:
    """Return whether inviting an address would send an email now."""
    is_sent = _open_in(project_id).filter(email=email, expires_at__gt=timezone.now()).exists()
    return not is_sent and not _is_member(project_id, email)


def _create(actor: Actor, project: Project, email: str, role: Role) -> Invitation:
    now = timezone.now()
    if _open_in(project.id).filter(expires_at__gt=now).count() >= MAX_OPEN_INVITATIONS:
        raise ProjectFullError("Too many invitations are open. Revoke some of them first.")
    invitation = Invitation(project=project, email=email, role=role, created_at=now)
    token = _renew(actor, invitation)
    invitation.save(force_insert=True)
    record_invitation("sent", invitation, actor, after={"role": role})
    send_invitation(invitation, actor.account_id(), token)
    return invitation


def _send_again(actor: Actor, project: Project, invitation: Invitation, role: Role) -> None:
    before = {"role": invitation.role} if invitation.role != role else None
    invitation.role = role
    invitation.project = project
    invitation.sent_count += 1
    token = _renew(actor, invitation)
    invitation.save()
    record_invitation("resent", invitation, actor, before=before, after=before and {"role": role})
    send_invitation(invitation, actor.account_id(), token)


def change_invited_role(actor: Actor, project: Project, invitation: Invitation, role: Role) -> None:
    """Give an open invitation another role, with its project locked."""
    before = {"role": invitation.role}
    invitation.role = role
    # Whoever grants the new role must be allowed to.
    invitation.invited_by_id = actor.account_id()
    invitation.save(update_fields=["role", "invited_by"])
    record_invitation("changed", invitation, actor, before=before, after={"role": role})


def _renew(actor: Actor, invitation: Invitation) -> str:
    """Give an invitation a new token, which is returned, and a new deadline."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    now = timezone.now()
    invitation.token_hash = hash_token(token)
    invitation.invited_by_id = actor.account_id()
    invitation.sent_at = now
    invitation.expires_at = now + timedelta(days=settings.INVITATION_VALID_DAYS)
    return token


def _lock_project_of(actor: Actor, token: str) -> Project:
    """Return the project of an invitation in any state, locked until the end of the transaction.

    :raises AuthenticationRequiredError, GuestRefusedError: for visitors and guests, first.
    """
    actor.account_id()
    project_id = with_token(token).values_list("project_id", flat=True).first()
    projects = Project.objects.select_for_update(no_key=True)
    project = projects.filter(id=project_id).first() if project_id else None
    if project is None:
        raise InvitationNotFoundError
    return project


def _lock_answering(actor: Actor) -> User:
    """Return the actor's account, locked so that it is not deleted meanwhile."""
    user = User.objects.select_for_update(no_key=True).get(id=actor.account_id())
    if not user.is_active:
        raise AccountSuspendedError
    return user


def _was_accepted_by(user: User, token: str) -> bool:
    accepted = with_token(token).filter(accepted_at__isnull=False).first()
    return accepted is not None and is_for(accepted, user)


def _get_own(user: User, token: str) -> Invitation:
    """Return the invitation that ``user`` may answer; call it with the project locked."""
    invitation = find_invitation(token)
    if invitation is None:
        raise InvitationNotFoundError
    if not is_for(invitation, user):
        raise InvitationNotFoundError if is_by_id(token) else InvitationOfOtherAddressError
    if invitation.expires_at <= timezone.now():
        raise InvitationExpiredError
    return invitation


def _open_in(project_id: UUID) -> QuerySet[Invitation]:
    return Invitation.objects.filter(Invitation.OPEN, project_id=project_id)


def _get_open(project_id: UUID, invitation_id: UUID) -> Invitation:
    invitation = _open_in(project_id).filter(id=invitation_id).first()
    if invitation is None:
        raise InvitationNotFoundError
    return invitation


def _is_member(project_id: UUID, email: str) -> bool:
    user_ids = [user.id for user in User.objects.find_all_by_email(email)]
    return Member.objects.filter(project_id=project_id, user_id__in=user_ids).exists()


def record_invitation(
    what: str,
    invitation: Invitation,
    actor: Actor,
    *,
    before: dict[str, str] | None = None,
    after: dict[str, str] | None = None,
) -> None:
    """Record an activity with the masked address: activities cannot be erased."""
    target = Target("invitation", invitation.id, mask_email(invitation.email))
    record(
        invitation.project_id,
        f"invitation.{what}",
        target,
        actor=actor,
        before=before,
        after=after,
    )
