"""Writes to the members of a project: adding, roles, removing, leaving, handing it over."""

from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from accounts.identity import check_email, email_spellings
from accounts.models import User
from apikit.actors import Actor
from apikit.errors import ValidationFailedError
from apikit.throttling import SharedLimit
from workspaces.activity import record
from workspaces.errors import MemberNotFoundError
from workspaces.invitations import invite
from workspaces.limits import ADDITIONS_PER_HOUR
from workspaces.models import Invitation, Member
from workspaces.permissions import Action, Role
from workspaces.roster import (
    admit_member,
    check_has_owner,
    dismiss_member,
    find_member,
    set_role,
    target_of,
    touch,
)
from workspaces.selectors import get_standing


def add_member(
    *, actor: Actor, project_id: UUID, email: str, role: Role
) -> tuple[Member | Invitation, bool]:
    """Make the account with an address a member, or invite the address; return whether it is new.

    A member stays what they are. Suspended accounts are invited like addresses without an account,
    so that nobody learns of the suspension.

    :raises ProjectNotFoundError, ActionNotAllowedError: see ``get_standing``.
    :raises ValidationFailedError: for an invalid address.
    :raises ProjectFullError: at the maximum number of members, or of open invitations.
    :raises TooManyRequestsError: after too many additions or invitations.
    :raises ServerUnavailableError: while too many emails wait for the mail server.
    """
    email = check_email(email)
    get_standing(actor, project_id, Action.MANAGE_MEMBERS)
    # Before the lock: counting asks Redis.
    SharedLimit("members-by", ADDITIONS_PER_HOUR, 3600).count(str(actor.account_id()))
    if _accounts_with(email).exists():
        with transaction.atomic():
            project = get_standing(actor, project_id, Action.MANAGE_MEMBERS, is_locked=True).project
            user = _lock_account(email)
            if user is not None:
                return admit_member(project, user, role, actor=actor, invited_by_id=actor.id)
    return _invite(actor, project_id, email, role)


def change_role(*, actor: Actor, project_id: UUID, user_id: UUID, role: Role) -> Member:
    """Give a member another role; their own one changes nothing.

    :raises ProjectNotFoundError, ActionNotAllowedError: see ``get_standing``.
    :raises MemberNotFoundError: if the person is not a member.
    :raises LastProjectOwnerError: for the last owner.
    """
    with transaction.atomic():
        project = get_standing(actor, project_id, Action.MANAGE_MEMBERS, is_locked=True).project
        member = find_member(project, user_id)
        if member.role == role:
            return member
        old_role = set_role(member, role)
        if old_role == Role.OWNER:
            check_has_owner(project)
        touch(project)
        record(
            project.id,
            "member.role_changed",
            target_of(member.user),
            actor=actor,
            before={"role": old_role.value},
            after={"role": role.value},
        )
    return member


def remove_member(*, actor: Actor, project_id: UUID, user_id: UUID) -> None:
    """Remove a member, or leave the project with one's own id.

    :raises ProjectNotFoundError, ActionNotAllowedError: see ``get_standing``.
    :raises MemberNotFoundError: if the person is not a member.
    :raises LastProjectOwnerError: for the last owner.
    """
    is_leaving = user_id == actor.id
    action = Action.VIEW_PROJECT if is_leaving else Action.MANAGE_MEMBERS
    with transaction.atomic():
        project = get_standing(actor, project_id, action, is_locked=True).project
        member = find_member(project, user_id)
        verb = "member.left" if is_leaving else "member.removed"
        dismiss_member(project, member, verb, actor=actor)
        if member.role == Role.OWNER:
            check_has_owner(project)


def transfer_project(*, actor: Actor, project_id: UUID, user_id: UUID) -> Member:
    """Make another member an owner, and the actor a collaborator; return the new owner.

    :raises ProjectNotFoundError, ActionNotAllowedError: see ``get_standing``.
    :raises ValidationFailedError: for the actor's own id.
    :raises MemberNotFoundError: if the other is not a member.
    :raises LastProjectOwnerError: if the other is suspended, and nobody else is an owner.
    """
    with transaction.atomic():
        standing = get_standing(actor, project_id, Action.MANAGE_MEMBERS, is_locked=True)
        project = standing.project
        if user_id == actor.id:
            raise ValidationFailedError.of("userId", "Must be somebody else.")
        member = find_member(project, user_id)
        old_role = set_role(member, Role.OWNER)
        # Staff need not be members.
        if standing.role is not None:
            set_role(find_member(project, actor.account_id()), Role.COLLABORATOR)
        check_has_owner(project)
        touch(project)
        record(
            project.id,
            "project.transferred",
            target_of(member.user),
            actor=actor,
            before={"role": old_role.value},
            after={"role": Role.OWNER.value},
        )
    return member


def _lock_account(email: str) -> User | None:
    """Return the account with an address, locked so that it is not deleted meanwhile."""
    accounts = _accounts_with(email).select_for_update(no_key=True)
    # The normalized spelling first, see find_by_email().
    return min(accounts, key=lambda user: user.email != email, default=None)


def _accounts_with(email: str) -> QuerySet[User]:
    return User.objects.filter(email__in=email_spellings(email), is_active=True, is_guest=False)


def _invite(
    actor: Actor, project_id: UUID, email: str, role: Role
) -> tuple[Member | Invitation, bool]:
    invited = invite(actor=actor, project_id=project_id, email=email, role=role)
    if invited.invitation is not None:
        return invited.invitation, invited.is_new
    # A suspended member.
    members = Member.objects.select_related("user").filter(project_id=project_id)
    member = members.filter(user__in=User.objects.find_all_by_email(email)).first()
    if member is None:
        # Removed meanwhile.
        raise MemberNotFoundError
    return member, False
