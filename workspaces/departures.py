"""What happens to a person's projects when the account is deleted.

A suspended account keeps its memberships: it may be restored. It cannot act meanwhile, so the rule
of the last owner does not count it.
"""

from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import Case, QuerySet, Value, When

from accounts.hooks import Pulse, delete_belongings, erase_addresses, erase_writings
from workspaces.activity import record
from workspaces.activity_log import clear_names
from workspaces.models import Invitation, Member, Project
from workspaces.permissions import Role
from workspaces.projects import delete_with_contents, retry_while_polls_come
from workspaces.roster import dismiss_member, set_role, target_of

_RANK = Case(
    When(role=Role.OWNER, then=Value(0)),
    When(role=Role.COLLABORATOR, then=Value(1)),
    default=Value(2),
)


@delete_belongings.register
def leave_all_projects(user_id: UUID) -> None:
    """Take an account out of all its projects, each in its own transaction.

    A project that would have no owner who can act goes to the collaborator who has been a member
    for longest, or else to the viewer. A project without other members is deleted.
    """
    own = Member.objects.filter(user_id=user_id)
    for project_id in list(own.values_list("project_id", flat=True)):
        while not (_hand_over(project_id, user_id) or _delete(project_id, user_id)):
            pass


@erase_writings.register
def leave_projects(user_id: UUID, pulse: Pulse) -> None:
    """Take an erased account out of its projects, and its name out of their activity."""
    leave_all_projects(user_id)
    pulse()
    clear_names("member", [user_id])
    pulse()


@erase_addresses.register
def delete_invitations_to(user_id: UUID, addresses: list[str]) -> None:
    """Delete the invitations of an address, and the masked address in the activity."""
    invitations = Invitation.objects.filter(email__in=addresses)
    ids = list(invitations.values_list("id", flat=True))
    if ids:
        clear_names("invitation", ids)
        invitations.filter(id__in=ids).delete()


def _hand_over(project_id: UUID, user_id: UUID) -> bool:
    """Leave a project to its other members; return False if there are none."""
    with transaction.atomic():
        project = _lock(project_id)
        members = Member.objects.select_related("user").filter(project=project_id)
        member = members.filter(user_id=user_id).first()
        if project is None or member is None:
            return True
        others = members.exclude(id=member.id)
        if not others.exists():
            return False
        _ensure_owner(project, others)
        dismiss_member(project, member, "member.left", actor=None)
    return True


def _ensure_owner(project: Project, members: QuerySet[Member]) -> None:
    """Make the first in line an owner, unless somebody who can act is."""
    successor = members.order_by("-user__is_active", _RANK, "joined_at", "id").first()
    if successor is None or successor.role == Role.OWNER:
        return
    before = {"role": set_role(successor, Role.OWNER).value}
    after = {"role": Role.OWNER.value}
    target = target_of(successor.user)
    record(project.id, "project.transferred", target, before=before, after=after)


def _delete(project_id: UUID, user_id: UUID) -> bool:
    """Delete a project; return False if somebody else has become a member."""
    is_deleted = True

    def lock() -> Project | None:
        nonlocal is_deleted
        project = _lock(project_id)
        others = Member.objects.filter(project=project_id).exclude(user_id=user_id)
        is_deleted = not others.exists()
        return project if is_deleted else None

    retry_while_polls_come(partial(delete_with_contents, project_id, lock, actor=None))
    return is_deleted


def _lock(project_id: UUID) -> Project | None:
    return Project.objects.select_for_update(no_key=True).filter(id=project_id).first()
