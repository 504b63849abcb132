"""Admin actions for the selected projects, members and invitations.

Services perform them, so each is in the activity of its project.
"""

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import DELETION
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from accounts.models import User
from accounts.moderation.actions import ConfirmationPage, ObjectAction, run_for_each
from accounts.moderation.base import ModerationAdmin
from apikit.actors import Actor
from apikit.errors import ValidationFailedError
from workspaces import invitations, members, projects
from workspaces.admin_forms import NewOwnerForm
from workspaces.models import Invitation, Member, Project
from workspaces.permissions import Role

HAND_OVER = ConfirmationPage(
    action="hand_over_projects",
    title="Hand over",
    button="Hand over",
    warning="The account becomes an owner. The owners until now stay owners.",
    form_class=NewOwnerForm,
)
REVOKE_ALL = ConfirmationPage(
    action="revoke_all_invitations",
    title="Revoke all invitations",
    button="Revoke",
    warning="Nobody can accept the invitations that are open now.",
)
DELETE = ConfirmationPage(
    action="delete_selected",
    title="Delete",
    button="Delete permanently",
    warning=(
        "This also deletes all their workspaces, polls, votes and messages. It cannot be undone."
    ),
)
REMOVE = ConfirmationPage(
    action="remove_members",
    title="Remove",
    button="Remove",
    warning="They lose the project at once. What they have created stays.",
)
REVOKE = ConfirmationPage(
    action="revoke_invitations",
    title="Revoke",
    button="Revoke",
    warning="They can no longer be accepted.",
)


# Projects


@admin.action(description="Hand over…", permissions=["change"])
def hand_over_projects(
    model_admin: ModerationAdmin[Project], request: HttpRequest, chosen: QuerySet[Project]
) -> HttpResponse | None:
    """Make an account an owner, for instance if the owner is suspended or has left."""
    form = HAND_OVER.form(request)
    if not form.is_valid():
        return HAND_OVER.render(model_admin, request, chosen, form)
    email: str = form.cleaned_data["email"]

    def run(actor: Actor, project: Project) -> bool:
        return _hand_over(actor, project, email)

    action = ObjectAction(run=run, outcome=f"handed over to {email}")
    run_for_each(model_admin, request, chosen, action, reason=form.cleaned_data["reason"])
    return None


@admin.action(description="Revoke all invitations…", permissions=["change"])
def revoke_all_invitations(
    model_admin: ModerationAdmin[Project], request: HttpRequest, chosen: QuerySet[Project]
) -> HttpResponse | None:
    form = REVOKE_ALL.form(request)
    if not form.is_valid():
        return REVOKE_ALL.render(model_admin, request, chosen, form)

    def run(actor: Actor, project: Project) -> bool:
        ids = list(project.invitations.filter(Invitation.OPEN).values_list("id", flat=True))
        for invitation_id in ids:
            invitations.revoke_invitation(
                actor=actor, project_id=project.pk, invitation_id=invitation_id
            )
        return bool(ids)

    action = ObjectAction(run=run, outcome="all invitations revoked")
    run_for_each(model_admin, request, chosen, action, reason=form.cleaned_data["reason"])
    return None


@admin.action(description="Delete…", permissions=["delete"])
def delete_selected(
    model_admin: ModerationAdmin[Project], request: HttpRequest, chosen: QuerySet[Project]
) -> HttpResponse | None:
    """Replace Django's action of this name."""
    form = DELETE.form(request)
    if not form.is_valid():
        return DELETE.render(model_admin, request, chosen, form)

    def run(actor: Actor, project: Project) -> bool:
        projects.delete_project(actor=actor, project_id=project.pk)
        return True

    action = ObjectAction(run=run, outcome="deleted", flag=DELETION)
    run_for_each(model_admin, request, chosen, action, reason=form.cleaned_data["reason"])
    return None


def _hand_over(actor: Actor, project: Project, email: str) -> bool:
    """Make the account with an address an owner; return whether it was none.

    :raises ValidationFailedError: if there is no such account that can sign in.
    """
    user = User.objects.find_by_email(email)
    if user is None or not user.is_active:
        raise ValidationFailedError.of("email", f"There is no active account with {email}.")
    member = project.members.filter(user=user).first()
    if member is None:
        members.add_member(actor=actor, project_id=project.pk, email=email, role=Role.OWNER)
    elif member.role == Role.OWNER:
        return False
    else:
        members.transfer_project(actor=actor, project_id=project.pk, user_id=user.pk)
    return True


# Members


@admin.action(description="Make owner", permissions=["view"])
def make_owners(
    model_admin: ModerationAdmin[Member], request: HttpRequest, chosen: QuerySet[Member]
) -> None:
    _set_role(model_admin, request, chosen, Role.OWNER)


@admin.action(description="Make collaborator", permissions=["view"])
def make_collaborators(
    model_admin: ModerationAdmin[Member], request: HttpRequest, chosen: QuerySet[Member]
) -> None:
    _set_role(model_admin, request, chosen, Role.COLLABORATOR)


@admin.action(description="Make viewer", permissions=["view"])
def make_viewers(
    model_admin: ModerationAdmin[Member], request: HttpRequest, chosen: QuerySet[Member]
) -> None:
    _set_role(model_admin, request, chosen, Role.VIEWER)


@admin.action(description="Remove…", permissions=["view"])
def remove_members(
    model_admin: ModerationAdmin[Member], request: HttpRequest, chosen: QuerySet[Member]
) -> HttpResponse | None:
    form = REMOVE.form(request)
    if not form.is_valid():
        return REMOVE.render(model_admin, request, chosen, form)

    def run(actor: Actor, member: Member) -> bool:
        members.remove_member(actor=actor, project_id=member.project_id, user_id=member.user_id)
        return True

    action = ObjectAction(run=run, outcome="removed", flag=DELETION)
    run_for_each(model_admin, request, chosen, action, reason=form.cleaned_data["reason"])
    return None


def _set_role(
    model_admin: ModerationAdmin[Member], request: HttpRequest, chosen: QuerySet[Member], role: Role
) -> None:
    def run(actor: Actor, member: Member) -> bool:
        members.change_role(
            actor=actor, project_id=member.project_id, user_id=member.user_id, role=role
        )
        return member.role != role

    action: Any = ObjectAction(run=run, outcome=f"made {role.value}")
    run_for_each(model_admin, request, chosen, action)


# Invitations


@admin.action(description="Revoke…", permissions=["view"])
def revoke_invitations(
    model_admin: ModerationAdmin[Invitation], request: HttpRequest, chosen: QuerySet[Invitation]
) -> HttpResponse | None:
    form = REVOKE.form(request)
    if not form.is_valid():
        return REVOKE.render(model_admin, request, chosen, form)

    def run(actor: Actor, invitation: Invitation) -> bool:
        invitations.revoke_invitation(
            actor=actor, project_id=invitation.project_id, invitation_id=invitation.pk
        )
        return True

    action = ObjectAction(run=run, outcome="revoked")
    run_for_each(model_admin, request, chosen, action, reason=form.cleaned_data["reason"])
    return None
