"""``/invitations/<token>``: an invitation to a project, for the person who is invited."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.page_sessions import page_actor, page_user
from apikit.actors import Actor
from apikit.errors import ApiError, AuthenticationRequiredError
from web.messages import sentence_of
from web.role_texts import ROLE_SUMMARIES, role_name
from workspaces.errors import InvitationExpiredError, InvitationNotFoundError
from workspaces.invitation_selectors import (
    find_accepted_membership,
    get_invitation_for,
    is_by_id,
    is_for,
)
from workspaces.invitation_wire import view_offer
from workspaces.invitations import accept_invitation, decline_invitation
from workspaces.models import Invitation
from workspaces.permissions import Role


@require_safe
def show(request: HttpRequest, token: str) -> HttpResponse:
    """Shows the invitation, and what the viewer can do about it.

    The link in an email also works signed out. Those in the list of a person need their account.
    """
    actor = _account(request)
    if actor is None and is_by_id(token):
        raise AuthenticationRequiredError
    try:
        invitation = get_invitation_for(actor or Actor(), token)
    except InvitationExpiredError as error:
        return _page(request, token, "expired", HTTPStatus.GONE, sentence=sentence_of(error))
    except InvitationNotFoundError as error:
        membership = find_accepted_membership(actor, token) if actor else None
        if membership is not None:
            return redirect("web:project", membership.project_id)
        return _page(request, token, "withdrawn", HTTPStatus.NOT_FOUND, sentence=sentence_of(error))
    return _offer_page(request, invitation, token)


@require_POST
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """Accepts the invitation, and opens the project."""
    try:
        member = accept_invitation(actor=page_actor(request), token=token)
    except ApiError as error:
        return _refused(request, token, error)
    name = member.project.name
    messages.success(request, _("You’re a member of “%(project)s” now.") % {"project": name})
    return redirect("web:project", member.project_id)


@require_POST
def decline(request: HttpRequest, token: str) -> HttpResponse:
    """Declines the invitation."""
    try:
        decline_invitation(actor=page_actor(request), token=token)
    except ApiError as error:
        return _refused(request, token, error)
    messages.success(request, _("Invitation declined."))
    return redirect("web:projects")


def _refused(request: HttpRequest, token: str, error: ApiError) -> HttpResponse:
    """Returns to the page, which shows the state of the invitation; other errors as a message."""
    if error.http_status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise error
    is_shown = isinstance(error, InvitationNotFoundError | InvitationExpiredError)
    if not is_shown and _account(request) is not None:
        messages.error(request, sentence_of(error))
    return redirect("web:invitation", token)


def _offer_page(request: HttpRequest, invitation: Invitation, token: str) -> HttpResponse:
    user = page_user(request)
    if _account(request) is None:
        state = "visitor"
    else:
        assert isinstance(user, User)
        state = "recipient" if is_for(invitation, user) else "other"
    return _page(
        request,
        token,
        state,
        HTTPStatus.OK,
        offer=view_offer(invitation),
        role=role_name(invitation.role),
        summary=ROLE_SUMMARIES[Role(invitation.role)],
        expires_at=invitation.expires_at,
    )


def _page(
    request: HttpRequest, token: str, state: str, status: HTTPStatus, **context: Any
) -> HttpResponse:
    context |= {"state": state, "token": token}
    return render(request, "web/invitation.html", context, status=status)


def _account(request: HttpRequest) -> Actor | None:
    actor = page_actor(request)
    return actor if actor.is_authenticated and not actor.is_guest else None
