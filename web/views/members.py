"""``/manage/projects/<id>/members``: members, roles and invitations."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.page_sessions import page_actor
from apikit.actors import Actor
from apikit.errors import ApiError, ForbiddenError, NotFoundError
from apikit.pagination import page_of
from web.confirming import Confirmation, ask
from web.forms.teams import InvitationForm
from web.manage_texts import moment_texts
from web.messages import sentence_of
from web.pages import form_page, page_number, search_text
from web.project_texts import project_texts
from web.role_texts import ROLE_NAMES, ROLE_SUMMARIES, permission_rows, role_name
from web.teams import live_data, team_context
from workspaces.errors import InvitationNotFoundError, MemberNotFoundError
from workspaces.invitation_selectors import list_invitations_for, states_of
from workspaces.invitations import invite, resend_invitation, revoke_invitation
from workspaces.members import change_role, remove_member, transfer_project
from workspaces.models import Member
from workspaces.permissions import Action, Role
from workspaces.selectors import Standing, get_standing, list_members_for

MEMBERS_PER_PAGE = 50
MAKE_ROLE = {
    Role.OWNER: gettext_lazy("Make an owner"),
    Role.COLLABORATOR: gettext_lazy("Make a collaborator"),
    Role.VIEWER: gettext_lazy("Make a viewer"),
}


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member, with the roles that they can be given instead."""

    member: Member
    role_name: str
    is_you: bool
    other_roles: list[tuple[str, str]]


@require_safe
@cache_control(private=True, no_cache=True)
def show(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Lists the members, and for owners the open invitations."""
    standing = get_standing(page_actor(request), project_id)
    return _page(request, standing, InvitationForm())


@require_POST
def send_invitation(request: HttpRequest, project_id: UUID) -> HttpResponse:
    """Invites somebody by email."""
    actor = page_actor(request)
    standing = get_standing(actor, project_id, Action.INVITE)
    form = InvitationForm(request.POST)
    if form.is_valid():
        values = form.cleaned_data
        try:
            invited = invite(
                actor=actor, project_id=project_id, email=values["email"], role=values["role"]
            )
        except ApiError as refusal:
            form.refuse(refusal)
        else:
            if invited.invitation is None:
                messages.info(request, _("This person is a member already."))
            elif invited.is_sent:
                messages.success(request, _("Invitation sent."))
            else:
                messages.info(
                    request,
                    _("This address has been invited already. You can send the invitation again."),
                )
            return redirect("web:members", project_id)
    return _page(request, standing, form)


@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_cache=True)
def act(request: HttpRequest, project_id: UUID, action_name: str) -> HttpResponse:
    """Performs an action on a member or an invitation; GET asks before some of them."""
    action = ACTIONS.get(action_name)
    if action is None or (request.method != "POST" and action.ask is None):
        raise NotFoundError
    actor = page_actor(request)
    standing = get_standing(actor, project_id, action.needs)
    if action.ask is not None and request.method != "POST":
        member = _member_in(standing, request.GET)
        return ask(request, action.ask(standing, member))
    try:
        action.run(actor, project_id, request.POST)
    except (NotFoundError, ForbiddenError) as refusal:
        if isinstance(refusal, MemberNotFoundError | InvitationNotFoundError):
            # They left, or it was answered, while the page was open.
            messages.error(request, sentence_of(refusal))
            return redirect("web:members", project_id)
        raise
    except ApiError as refusal:
        messages.error(request, sentence_of(refusal))
        return redirect("web:members", project_id)
    messages.success(request, str(action.done))
    return redirect("web:members", project_id)


def _page(request: HttpRequest, standing: Standing, form: InvitationForm) -> HttpResponse:
    actor, project = standing.actor, standing.project
    search = search_text(request)
    members, pagination = page_of(
        list_members_for(actor, project.id, search),
        {"page": page_number(request), "limit": MEMBERS_PER_PAGE},
    )
    invitations = []
    if standing.allows(Action.INVITE):
        invitations = [
            {"state": each.state.value, "role": role_name(each.invitation.role)}
            | {"invitation": each.invitation}
            for each in states_of(list_invitations_for(actor, project.id))
        ]
    return form_page(
        request,
        "web/members.html",
        form,
        **team_context(standing, "members"),
        rows=[_row(member, actor) for member in members],
        pagination=pagination,
        search=search,
        invitations=invitations,
        roles=[{"name": ROLE_NAMES[role], "summary": ROLE_SUMMARIES[role]} for role in Role],
        permissions=permission_rows(),
        page=live_data(standing),
        texts=project_texts() | moment_texts(),
    )


def _row(member: Member, actor: Actor) -> MemberRow:
    return MemberRow(
        member=member,
        role_name=role_name(member.role),
        is_you=member.user_id == actor.id,
        other_roles=[
            (role.value, str(label)) for role, label in MAKE_ROLE.items() if role != member.role
        ],
    )


# Actions

Run = Callable[[Actor, UUID, QueryDict], object]
Ask = Callable[[Standing, Member], Confirmation]


@dataclass(frozen=True, slots=True)
class MemberAction:
    """``needs`` is the right to it; ``ask`` makes the page that asks first."""

    run: Run
    done: Promise
    needs: Action = Action.MANAGE_MEMBERS
    ask: Ask | None = None


def _change_role(actor: Actor, project_id: UUID, fields: QueryDict) -> None:
    try:
        role = Role(fields.get("role", ""))
    except ValueError:
        raise MemberNotFoundError from None
    change_role(actor=actor, project_id=project_id, user_id=_id_in(fields, "user"), role=role)


def _remove(actor: Actor, project_id: UUID, fields: QueryDict) -> None:
    remove_member(actor=actor, project_id=project_id, user_id=_id_in(fields, "user"))


def _transfer(actor: Actor, project_id: UUID, fields: QueryDict) -> None:
    transfer_project(actor=actor, project_id=project_id, user_id=_id_in(fields, "user"))


def _resend(actor: Actor, project_id: UUID, fields: QueryDict) -> None:
    resend_invitation(
        actor=actor, project_id=project_id, invitation_id=_id_in(fields, "invitation")
    )


def _revoke(actor: Actor, project_id: UUID, fields: QueryDict) -> None:
    revoke_invitation(
        actor=actor, project_id=project_id, invitation_id=_id_in(fields, "invitation")
    )


def _ask_to_remove(standing: Standing, member: Member) -> Confirmation:
    return Confirmation(
        title=_("Remove this member?"),
        name=member.user.name,
        lines=[
            _("They lose access to the project at once, also on pages that are open."),
            _("Polls that they created in it stay."),
        ],
        button=_("Remove member"),
        cancel_url=reverse("web:members", args=[standing.project.id]),
        hidden=[("user", str(member.user_id))],
    )


def _ask_to_transfer(standing: Standing, member: Member) -> Confirmation:
    return Confirmation(
        title=_("Hand over this project?"),
        name=member.user.name,
        lines=[
            _("This person becomes an owner of the project, and you become a collaborator."),
            _("Only an owner can undo this."),
        ],
        button=_("Hand over project"),
        cancel_url=reverse("web:members", args=[standing.project.id]),
        is_danger=False,
        hidden=[("user", str(member.user_id))],
    )


def _member_in(standing: Standing, fields: QueryDict) -> Member:
    user_id = _id_in(fields, "user")
    member = list_members_for(standing.actor, standing.project.id).filter(user_id=user_id).first()
    if member is None:
        raise MemberNotFoundError
    return member


def _id_in(fields: QueryDict, name: str) -> UUID:
    try:
        return UUID(fields.get(name, ""))
    except ValueError:
        raise MemberNotFoundError from None


ACTIONS = {
    "role": MemberAction(_change_role, gettext_lazy("Role changed.")),
    "remove": MemberAction(_remove, gettext_lazy("Member removed."), ask=_ask_to_remove),
    "transfer": MemberAction(
        _transfer,
        gettext_lazy("Project handed over. You’re a collaborator now."),
        ask=_ask_to_transfer,
    ),
    "resend": MemberAction(_resend, gettext_lazy("Invitation sent again."), Action.INVITE),
    "revoke": MemberAction(_revoke, gettext_lazy("Invitation revoked."), Action.INVITE),
}
