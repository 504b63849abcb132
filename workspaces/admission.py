"""Admits people to projects: directly, and with an invitation."""

from uuid import UUID

from django.utils import timezone

from workspaces.errors import ProjectFullError
from workspaces.models import Member, Project
from workspaces.permissions import Role

MEMBERS_MAX = 500


def admit_member(
    project: Project, *, user_id: UUID, role: Role, invited_by_id: UUID | None
) -> Member:
    """Make an account a member of a project, whose row is locked; two queries.

    :raises ProjectFullError: if the project has ``MEMBERS_MAX`` members.
    """
    if project.member_count >= MEMBERS_MAX:
        raise ProjectFullError
    now = timezone.now()
    member = Member(
        project=project, user_id=user_id, role=role, invited_by_id=invited_by_id, joined_at=now
    )
    member.save(force_insert=True)
    project.member_count += 1
    project.revision += 1
    project.updated_at = now
    project.save(update_fields=["member_count", "revision", "updated_at"])
    return member
