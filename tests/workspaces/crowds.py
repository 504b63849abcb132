"""Large projects, written in bulk."""

from django.utils import timezone

from accounts.models import User
from apikit.ids import new_id
from polls.models import Option, Poll, PollState
from tests.workspaces.rows import log_many
from workspaces.models import Invitation, Member, Project, Workspace
from workspaces.permissions import Role


def grow(workspace: Workspace, creator: User, *, members: int, activities: int, polls: int) -> None:
    """Adds so many members, activities and polls to the project of a workspace.

    A tenth of the number of members are invited, too.
    """
    project = Project.objects.get(id=workspace.project_id)
    _add_members(project, members)
    log_many(project, creator, activities)
    _add_polls(workspace, creator, polls)


def _add_members(project: Project, count: int) -> None:
    now, first = timezone.now(), project.member_count
    users = User.objects.bulk_create(
        User(name=f"Member {number}", email=f"{project.id.hex[-6:]}-{number}@example.org")
        for number in range(first, first + count)
    )
    Member.objects.bulk_create(
        Member(project=project, user=user, role=Role.VIEWER, joined_at=now) for user in users
    )
    Project.objects.filter(id=project.id).update(member_count=first + count)
    Invitation.objects.bulk_create(
        Invitation(
            project=project,
            email=f"{project.id.hex[-6:]}-{number}-invited@example.org",
            role=Role.VIEWER,
            token_hash=new_id().hex,
            sent_at=now,
            expires_at=now,
            created_at=now,
        )
        for number in range(first, first + count // 10)
    )


def _add_polls(workspace: Workspace, creator: User, count: int) -> None:
    now = timezone.now()
    polls = Poll.objects.bulk_create(
        Poll(
            id=(poll_id := new_id()),
            creator=creator,
            project_id=workspace.project_id,
            workspace=workspace,
            question="Tea or coffee?",
            state=PollState.OPEN,
            join_code=poll_id.hex[-12:],
            created_at=now,
            updated_at=now,
        )
        for _ in range(count)
    )
    Option.objects.bulk_create(
        Option(poll=poll, text=text, position=position)
        for poll in polls
        for position, text in enumerate(("Tea", "Coffee"))
    )
