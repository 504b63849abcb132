"""Changes of the members of a locked project; the services that call them authorise.

Every change of members locks the project's row first, so that the number of members and the owners
are decided one after another.
"""

from uuid import UUID

from django.utils import timezone

from accounts.identity import email_spellings
from accounts.models import User
from apikit.actors import Actor
from workspaces.activity import Target, record
from workspaces.errors import LastProjectOwnerError, MemberNotFoundError, ProjectFullError
from workspaces.evictions import publish_access_change
from workspaces.limits import MAX_MEMBERS
from workspaces.models import Invitation, Member, Project
from workspaces.permissions import Role


def admit_member(
    project: Project, user: User, role: Role, *, actor: Actor, invited_by_id: UUID | None
) -> tuple[Member, bool]:
    """Make an account a member, and close its open invitation; return whether it was none.

    A member stays what they are. ``user`` must be locked, or be the actor, because the account may
    be deleted meanwhile.

    :raises ProjectFullError: at the maximum number of members.
    """
    member = Member.objects.select_related("user").filter(project=project, user=user).first()
    if member is not None:
        return member, False
    if project.member_count >= MAX_MEMBERS:
        raise ProjectFullError
    member = Member.objects.create(
        project=project,
        user=user,
        role=role,
        invited_by_id=invited_by_id,
        joined_at=timezone.now(),
    )
    invitations = Invitation.objects.filter(Invitation.OPEN, project=project)
    invitations.filter(email__in=email_spellings(user.email or "")).update(
        accepted_at=member.joined_at
    )
    project.member_count += 1
    touch(project, "member_count")
    record(project.id, "member.added", target_of(user), actor=actor, after={"role": role.value})
    publish_access_change(project.id, user.id)
    return member, True


def dismiss_member(project: Project, member: Member, verb: str, *, actor: Actor | None) -> None:
    """End a membership, whose sockets then lose the project."""
    member.delete()
    project.member_count -= 1
    touch(project, "member_count")
    record(project.id, verb, target_of(member.user), actor=actor, before={"role": str(member.role)})
    publish_access_change(project.id, member.user_id)


def set_role(member: Member, role: Role) -> Role:
    """Give a member another role; return the one before."""
    before = Role(member.role)
    member.role = role
    member.save(update_fields=["role"])
    publish_access_change(member.project_id, member.user_id)
    return before


def find_member(project: Project, user_id: UUID) -> Member:
    """Return a member with their account.

    :raises MemberNotFoundError: if the person is not a member.
    """
    members = Member.objects.select_related("user")
    member = members.filter(project=project, user_id=user_id).first()
    if member is None:
        raise MemberNotFoundError
    return member


def check_has_owner(project: Project) -> None:
    """Check that somebody owns the project who can act: a suspended account cannot.

    :raises LastProjectOwnerError: otherwise.
    """
    owners = Member.objects.filter(project=project, role=Role.OWNER, user__is_active=True)
    if not owners.exists():
        raise LastProjectOwnerError


def touch(project: Project, *fields: str) -> None:
    """Save the changed ``fields`` of a locked project with its next revision."""
    project.revision += 1
    project.updated_at = timezone.now()
    project.save(update_fields=[*fields, "revision", "updated_at"])


def target_of(user: User) -> Target:
    """Return a member as the target of an activity."""
    return Target("member", user.id, user.name)
