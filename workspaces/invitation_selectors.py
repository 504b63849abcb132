"""Reads of invitations, with authorisation.

An invitation counts only while its inviter may still invite: a removed or demoted owner must not
return with an invitation to an address of their own. Owners still see such an invitation, and renew
it by sending it again.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.identity import normalize_email
from accounts.models import User
from apikit.actors import Actor, visitor
from workspaces.errors import InvitationExpiredError, InvitationNotFoundError
from workspaces.models import Invitation, Member
from workspaces.permissions import Action, roles_with
from workspaces.selectors import get_standing

# Of a mailed token: see workspaces.invitations.
TOKEN_MAX_CHARS = 100


class InvitationState(StrEnum):
    """``LAPSED`` is the state while the inviter may not invite."""

    OPEN = "open"
    EXPIRED = "expired"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class ListedInvitation:
    """An open invitation, as the project's owners see it."""

    invitation: Invitation
    state: InvitationState


def list_invitations_for(actor: Actor, project_id: UUID) -> QuerySet[Invitation]:
    """Return the open invitations of a project, newest first, expired ones too.

    :raises ProjectNotFoundError, ActionNotAllowedError: unless ``actor`` may invite.
    """
    get_standing(actor, project_id, Action.INVITE)
    invitations = Invitation.objects.filter(Invitation.OPEN, project_id=project_id)
    return invitations.select_related("invited_by").order_by("-id")


def list_own_invitations(actor: Actor) -> QuerySet[Invitation]:
    """Return the invitations that ``actor`` can accept now, newest first.

    :raises AuthenticationRequiredError, GuestRefusedError: for visitors and guests.
    """
    email = User.objects.values_list("email", flat=True).get(id=actor.account_id())
    return (
        Invitation.objects.filter(
            Invitation.OPEN,
            is_backed(),
            email=normalize_email(email or ""),
            expires_at__gt=timezone.now(),
        )
        .select_related("project", "invited_by")
        .order_by("-id")
    )


def get_invitation_for(actor: Actor, token: str) -> Invitation:
    """Return the invitation of a mailed token, or the actor's own by its id.

    A mailed token is a secret, so its holder may see the invitation without an account.

    :raises InvitationNotFoundError: for an unknown, revoked or answered one, and for the id of
        somebody else's.
    :raises InvitationExpiredError: for an expired one.
    """
    invitation = find_invitation(token)
    if invitation is None:
        raise InvitationNotFoundError
    if is_by_id(token) and not _is_for_actor(invitation, actor):
        raise InvitationNotFoundError
    if invitation.expires_at <= timezone.now():
        raise InvitationExpiredError
    return invitation


def get_mailed_invitation(token: str) -> Invitation:
    """Return the invitation of a mailed token, which proves that its holder got the email.

    :raises InvitationNotFoundError, InvitationExpiredError: see :func:`get_invitation_for`.
    """
    return get_invitation_for(visitor(), token)


def find_accepted_membership(actor: Actor, token: str) -> Member | None:
    """Return the membership of ``actor`` that an invitation of theirs led to, if it lasts."""
    accepted = with_token(token).filter(accepted_at__isnull=False).first()
    if accepted is None or not _is_for_actor(accepted, actor):
        return None
    members = Member.objects.filter(project_id=accepted.project_id, user_id=actor.account_id())
    return members.first()


def is_for(invitation: Invitation, user: User) -> bool:
    """Return whether the invitation is for the address of ``user``, however it is spelled."""
    return normalize_email(user.email or "") == invitation.email


def is_by_id(token: str) -> bool:
    """Return whether ``token`` is an invitation's id, and not a mailed token."""
    return _id_in(token) is not None


def with_token(token: str) -> QuerySet[Invitation]:
    """Return the invitation with this mailed token or id, whatever its state."""
    invitation_id = _id_in(token)
    if invitation_id is not None:
        return Invitation.objects.filter(id=invitation_id)
    return Invitation.objects.filter(token_hash=hash_token(token[:TOKEN_MAX_CHARS]))


def find_invitation(token: str) -> Invitation | None:
    """Return the open invitation with this mailed token or id, if its inviter may still invite."""
    found = with_token(token).filter(Invitation.OPEN, is_backed())
    return found.select_related("project", "invited_by").first()


def is_backed() -> Q:
    """Return the condition that the inviter of an invitation may still invite."""
    inviters = Member.objects.filter(
        project_id=OuterRef("project_id"),
        user_id=OuterRef("invited_by_id"),
        role__in=roles_with(Action.INVITE),
    )
    return Q(invited_by__is_active=True) & (Q(invited_by__is_staff=True) | Q(Exists(inviters)))


def states_of(invitations: Iterable[Invitation]) -> list[ListedInvitation]:
    """Return open invitations with their states; one query."""
    listed, now = list(invitations), timezone.now()
    backed = set(
        Invitation.objects.filter(is_backed(), id__in=[each.id for each in listed])
        .order_by()
        .values_list("id", flat=True)
    )

    def state_of(invitation: Invitation) -> InvitationState:
        if invitation.id not in backed:
            return InvitationState.LAPSED
        is_expired = invitation.expires_at <= now
        return InvitationState.EXPIRED if is_expired else InvitationState.OPEN

    return [ListedInvitation(each, state_of(each)) for each in listed]


def hash_token(token: str) -> str:
    """Return what is stored of a mailed token. It is random, so that it needs no salt."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def _is_for_actor(invitation: Invitation, actor: Actor) -> bool:
    if actor.id is None or actor.is_guest:
        return False
    user = User.objects.filter(id=actor.id, is_active=True).first()
    return user is not None and is_for(invitation, user)


def _id_in(token: str) -> UUID | None:
    # Only the usual form, as in other addresses of the API.
    if len(token) != 36:
        return None
    try:
        return UUID(token)
    except ValueError:
        return None
