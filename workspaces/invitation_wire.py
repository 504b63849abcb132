"""Wire format of invitations."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Field

from accounts.identity import mask_email
from apikit.pagination import Pagination
from apikit.wire import Id, Wire
from workspaces.invitation_selectors import InvitationState, ListedInvitation
from workspaces.models import Invitation
from workspaces.permissions import Role
from workspaces.wire import ProjectMemberView


@dataclass(frozen=True, slots=True, kw_only=True)
class InviterView(Wire):
    id: Id
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationView(Wire):
    """An open invitation, as owners see it.

    ``state`` is ``expired`` after ``expires_at``, and ``lapsed`` while the inviter may not invite
    any more; sending it again opens it. ``invited_by`` is who sent it last, null if deleted.
    """

    id: Id
    email: str
    role: Role
    state: InvitationState
    invited_by: InviterView | None
    sent_count: Annotated[int, Field(description="0 while its email waits to be sent.")]
    sent_at: datetime
    expires_at: datetime
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitedProjectView(Wire):
    """A project that you are not a member of."""

    id: Id
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnInvitationView(Wire):
    """An invitation to you; ``token`` is what accepts or declines it, from your account only."""

    token: Id
    project: InvitedProjectView
    invited_by: InviterView
    role: Role
    sent_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferView(Wire):
    """What the holder of a token may know; ``email`` is masked."""

    project_name: str
    inviter_name: str
    role: Role
    email: str


def view_invitation(listed: ListedInvitation) -> InvitationView:
    """Return an invitation with its inviter, as owners see it."""
    invitation = listed.invitation
    return InvitationView(
        id=invitation.id,
        email=invitation.email,
        role=Role(invitation.role),
        state=listed.state,
        invited_by=_view_inviter(invitation) if invitation.invited_by_id else None,
        sent_count=invitation.sent_count,
        sent_at=invitation.sent_at,
        expires_at=invitation.expires_at,
        created_at=invitation.created_at,
    )


def view_own_invitation(invitation: Invitation) -> OwnInvitationView:
    """Return an invitation of :func:`~workspaces.invitation_selectors.list_own_invitations`."""
    return OwnInvitationView(
        token=invitation.id,
        project=InvitedProjectView(id=invitation.project_id, name=invitation.project.name),
        invited_by=_view_inviter(invitation),
        role=Role(invitation.role),
        sent_at=invitation.sent_at,
        expires_at=invitation.expires_at,
    )


def view_offer(invitation: Invitation) -> OfferView:
    """Return an invitation as the holder of its token sees it."""
    return OfferView(
        project_name=invitation.project.name,
        inviter_name=_view_inviter(invitation).name,
        role=Role(invitation.role),
        email=mask_email(invitation.email),
    )


def _view_inviter(invitation: Invitation) -> InviterView:
    inviter = invitation.invited_by
    assert inviter is not None, "see is_backed()"
    return InviterView(id=inviter.id, name=inviter.name)


# Response bodies


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationList(Wire):
    invitations: list[InvitationView]
    pagination: Pagination


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedInvitation(Wire):
    """``invitation`` is null if the person is a member already."""

    message: str
    invitation: InvitationView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedMember(Wire):
    """``member`` is null if the address has no account; then there is an ``invitation``."""

    message: str
    member: ProjectMemberView | None
    invitation: InvitationView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnInvitationList(Wire):
    invitations: list[OwnInvitationView]
    pagination: Pagination


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOffer(Wire):
    invitation: OfferView
