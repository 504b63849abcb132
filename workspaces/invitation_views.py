"""The invitation endpoints."""

from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from apikit.idempotency import idempotent
from apikit.pagination import PageQuerySerializer, page_of
from apikit.views import ApiViewSet, actor_of, read_body, read_query, respond
from apikit.wire import Done
from workspaces import invitation_docs as docs
from workspaces import invitation_selectors as selectors
from workspaces import invitations, serializers
from workspaces.invitation_wire import (
    ChangedInvitation,
    InvitationList,
    OneOffer,
    OwnInvitationList,
    view_invitation,
    view_offer,
    view_own_invitation,
)
from workspaces.models import Invitation
from workspaces.showing import view_projects
from workspaces.wire import ChangedProject


class InvitationViewSet(ApiViewSet):
    """The invitations of a project, for its owners."""

    @docs.list_invitations
    def list(self, request: Request, project_id: UUID) -> Response:
        query = read_query(PageQuerySerializer, request)
        found = selectors.list_invitations_for(actor_of(request), project_id)
        rows, pagination = page_of(found, query)
        views = [view_invitation(each) for each in selectors.states_of(rows)]
        return respond(InvitationList(invitations=views, pagination=pagination))

    @docs.invite
    @idempotent
    def create(self, request: Request, project_id: UUID) -> Response:
        actor = actor_of(request)
        body = read_body(serializers.NewMemberSerializer, request)
        invited = invitations.invite(actor=actor, project_id=project_id, **body)
        if invited.invitation is None:
            message = "This person is a member already"
            return respond(ChangedInvitation(message=message, invitation=None))
        done = "sent" if invited.is_sent else "updated"
        return _changed(invited.invitation, done, 201 if invited.is_new else 200)

    @docs.resend_invitation
    @idempotent
    def resend(self, request: Request, project_id: UUID, invitation_id: UUID) -> Response:
        invitation = invitations.resend_invitation(
            actor=actor_of(request), project_id=project_id, invitation_id=invitation_id
        )
        return _changed(invitation, "sent")

    @docs.revoke_invitation
    @idempotent
    def destroy(self, request: Request, project_id: UUID, invitation_id: UUID) -> Response:
        invitations.revoke_invitation(
            actor=actor_of(request), project_id=project_id, invitation_id=invitation_id
        )
        return respond(Done(message="Invitation revoked successfully"))


class OwnInvitationViewSet(ApiViewSet):
    """Invitations, for those who are invited."""

    @docs.list_own_invitations
    def list(self, request: Request) -> Response:
        query = read_query(PageQuerySerializer, request)
        rows, pagination = page_of(selectors.list_own_invitations(actor_of(request)), query)
        views = [view_own_invitation(each) for each in rows]
        return respond(OwnInvitationList(invitations=views, pagination=pagination))

    @docs.get_invitation
    def retrieve(self, request: Request, token: str) -> Response:
        invitation = selectors.get_invitation_for(actor_of(request), token)
        return respond(OneOffer(invitation=view_offer(invitation)))

    @docs.accept_invitation
    @idempotent
    def accept(self, request: Request, token: str) -> Response:
        actor = actor_of(request)
        member = invitations.accept_invitation(actor=actor, token=token)
        [view] = view_projects([member.project], actor)
        return respond(ChangedProject(message="Invitation accepted successfully", project=view))

    @docs.decline_invitation
    @idempotent
    def decline(self, request: Request, token: str) -> Response:
        invitations.decline_invitation(actor=actor_of(request), token=token)
        return respond(Done(message="Invitation declined successfully"))


def _changed(invitation: Invitation, done: str, status: int = 200) -> Response:
    [listed] = selectors.states_of([invitation])
    message = f"Invitation {done} successfully"
    return respond(ChangedInvitation(message=message, invitation=view_invitation(listed)), status)
