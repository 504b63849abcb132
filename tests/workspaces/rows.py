"""Projects with members and activity, as rows."""

from typing import Any

from django.utils import timezone

from accounts.models import User
from tests.conftest import actor_of
from workspaces.activity import Target, record
from workspaces.models import Activity, Member, Project
from workspaces.permissions import Role


def make_project(*members: tuple[User, Role], name: str = "Town hall") -> Project:
    """A project with these members."""
    now = timezone.now()
    project = Project.objects.create(
        name=name, member_count=len(members), created_at=now, updated_at=now
    )
    for user, role in members:
        add_row(project, user, role)
    return project


def add_row(project: Project, user: User, role: Role) -> Member:
    """Makes somebody a member."""
    return Member.objects.create(project=project, user=user, role=role, joined_at=timezone.now())


def log(project: Project, user: User | None = None, **fields: Any) -> Activity:
    """Records an activity; by default, that the project was changed."""
    target = Target(
        fields.pop("kind", "project"),
        fields.pop("target_id", project.id),
        fields.pop("name", project.name),
        fields.pop("workspace_id", None),
    )
    actor = None if user is None else actor_of(user)
    return record(project.id, fields.pop("verb", "project.changed"), target, actor=actor, **fields)


def log_many(project: Project, user: User, count: int) -> None:
    """Adds activities in bulk, which nobody is sent."""
    now = timezone.now()
    first = project.last_seq + 1
    Activity.objects.bulk_create(
        Activity(
            project=project,
            seq=seq,
            actor=user,
            verb="project.changed",
            target_kind="project",
            target_id=project.id,
            target_name=project.name,
            created_at=now,
        )
        for seq in range(first, first + count)
    )
    Project.objects.filter(id=project.id).update(last_seq=first + count - 1)
