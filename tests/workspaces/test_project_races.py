"""Writes to a project at the same time: the second one waits for the first, then decides."""

from functools import partial
from typing import Any

import pytest

from accounts.models import User
from accounts.services import delete_user, suspend_user
from polls.models import Poll
from tests.conftest import actor_of
from tests.locks import race
from tests.workspaces.polls import make_team_poll
from tests.workspaces.teams import join, log_of, open_workspace
from workspaces import projects, spaces
from workspaces.errors import (
    ActionNotAllowedError,
    LastProjectOwnerError,
    ProjectFullError,
    ProjectNotFoundError,
    TooManyProjectsError,
    WorkspaceArchivedError,
    WorkspaceNotFoundError,
)
from workspaces.members import change_role, remove_member, transfer_project
from workspaces.models import Member, Project, Workspace
from workspaces.permissions import Role
from workspaces.projects import create_project, delete_project, update_project
from workspaces.spaces import delete_workspace, update_workspace

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


def owners_of(project: Project) -> set[str]:
    return set(
        Member.objects.filter(project=project, role=Role.OWNER).values_list("user__name", flat=True)
    )


def promote(project: Project, user: User, role: Role = Role.OWNER) -> Any:
    assert project.creator is not None
    return change_role(
        actor=actor_of(project.creator), project_id=project.id, user_id=user.id, role=role
    )


def leave(project: Project, user: User) -> None:
    remove_member(actor=actor_of(user), project_id=project.id, user_id=user.id)


def test_of_two_owners_who_leave_at_once_one_stays(
    project: Project, alice: User, bob: User
) -> None:
    promote(project, bob)
    _, leaving = race(partial(leave, project, alice), partial(leave, project, bob))
    assert isinstance(leaving.exception(), LastProjectOwnerError)
    assert owners_of(project) == {"Bob"}
    project.refresh_from_db()
    assert project.member_count == 2
    assert log_of(project)[-1] == ("member.left", "Alice")


def test_two_members_who_leave_at_once_are_both_counted(
    project: Project, bob: User, vera: User
) -> None:
    race(partial(leave, project, bob), partial(leave, project, vera))
    revision = project.revision
    project.refresh_from_db()
    assert (project.member_count, project.revision) == (1, revision + 2)


def test_of_two_owners_who_demote_each_other_one_stays(
    project: Project, alice: User, bob: User
) -> None:
    promote(project, bob)
    demote = partial(change_role, project_id=project.id, role=Role.VIEWER)
    _, demoting = race(
        lambda: demote(actor=actor_of(alice), user_id=bob.id),
        lambda: demote(actor=actor_of(bob), user_id=alice.id),
    )
    assert isinstance(demoting.exception(), ActionNotAllowedError)
    assert owners_of(project) == {"Alice"}


def test_an_owner_who_leaves_while_the_other_is_demoted_stays(
    project: Project, alice: User, bob: User
) -> None:
    promote(project, bob)
    _, leaving = race(partial(promote, project, bob, Role.VIEWER), partial(leave, project, alice))
    assert isinstance(leaving.exception(), LastProjectOwnerError)
    assert owners_of(project) == {"Alice"}


def test_a_project_is_handed_over_once(
    project: Project, alice: User, bob: User, vera: User
) -> None:
    hand_over = partial(transfer_project, actor=actor_of(alice), project_id=project.id)
    _, second = race(partial(hand_over, user_id=bob.id), partial(hand_over, user_id=vera.id))
    assert isinstance(second.exception(), ActionNotAllowedError)
    assert owners_of(project) == {"Bob"}


def test_a_person_who_is_added_twice_at_once_is_one_member(project: Project, charlie: User) -> None:
    add = partial(join, project, charlie, Role.VIEWER)
    member, again = race(add, add)
    assert again.result() == member
    project.refresh_from_db()
    assert project.member_count == Member.objects.filter(project=project).count() == 4
    assert [each for each in log_of(project) if each[1] == "Charlie"] == [
        ("member.added", "Charlie")
    ]


def test_the_last_place_is_taken_once(
    project: Project, charlie: User, staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workspaces.roster.MAX_MEMBERS", 4)
    _, second = race(
        partial(join, project, charlie, Role.VIEWER), partial(join, project, staff, Role.VIEWER)
    )
    assert isinstance(second.exception(), ProjectFullError)


def test_nobody_is_added_to_a_project_that_is_deleted_meanwhile(
    project: Project, alice: User, charlie: User
) -> None:
    _, adding = race(
        lambda: delete_project(actor=actor_of(alice), project_id=project.id),
        partial(join, project, charlie, Role.VIEWER),
    )
    assert isinstance(adding.exception(), ProjectNotFoundError)
    assert not Member.objects.exists()
    assert log_of(project)[-1] == ("project.deleted", "Town hall")


def test_who_is_added_while_a_project_is_deleted_goes_with_it(
    project: Project, alice: User, charlie: User
) -> None:
    _, deleting = race(
        partial(join, project, charlie, Role.VIEWER),
        lambda: delete_project(actor=actor_of(alice), project_id=project.id),
    )
    assert deleting.exception() is None
    assert not Project.objects.exists()
    assert log_of(project)[-2:] == [("member.added", "Charlie"), ("project.deleted", "Town hall")]


def test_an_account_that_is_suspended_meanwhile_is_not_added(
    project: Project, charlie: User, staff: User
) -> None:
    """It would stay a member, or block the deletion that suspends it first."""
    suspend = partial(suspend_user, actor=actor_of(staff), user_id=charlie.id, reason="spam")
    race(suspend, partial(join, project, charlie, Role.VIEWER))
    assert not Member.objects.filter(user=charlie).exists()


def test_an_account_that_is_added_while_it_is_deleted_leaves_the_project(
    project: Project, charlie: User, staff: User
) -> None:
    _, deleting = race(
        partial(join, project, charlie, Role.VIEWER),
        lambda: delete_user(actor=actor_of(staff), user_id=charlie.id),
    )
    assert deleting.exception() is None
    project.refresh_from_db()
    assert project.member_count == 3
    assert log_of(project)[-2:] == [("member.added", "Charlie"), ("member.left", "Charlie")]


def test_one_account_does_not_create_more_projects_than_it_may(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(projects, "MAX_PROJECTS", 1)
    create = partial(create_project, actor=actor_of(alice), name="Town hall")
    _, second = race(create, create)
    assert isinstance(second.exception(), TooManyProjectsError)


def test_the_last_workspace_is_created_once(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spaces, "MAX_WORKSPACES", 1)
    _, second = race(partial(open_workspace, project), partial(open_workspace, project))
    assert isinstance(second.exception(), ProjectFullError)


def test_two_changes_get_two_revisions(project: Project, alice: User) -> None:
    change = partial(update_project, actor=actor_of(alice), project_id=project.id)
    _, second = race(partial(change, name="One"), partial(change, description="Two"))
    revision = project.revision
    project.refresh_from_db()
    assert (project.revision, second.result().revision) == (revision + 2, revision + 2)
    assert (project.name, project.description) == ("One", "Two")


def test_a_poll_that_waits_for_the_deletion_of_its_workspace_is_not_created(
    workspace: Workspace, alice: User, bob: User
) -> None:
    _, creating = race(
        lambda: delete_workspace(actor=actor_of(alice), workspace_id=workspace.id),
        partial(make_team_poll, bob, workspace),
    )
    assert isinstance(creating.exception(), WorkspaceNotFoundError)
    assert not Poll.objects.exists()


@pytest.mark.parametrize("is_project", [False, True])
def test_a_poll_that_is_created_during_a_deletion_is_deleted_too(
    workspace: Workspace, alice: User, bob: User, is_project: bool
) -> None:
    def delete() -> None:
        if is_project:
            delete_project(actor=actor_of(alice), project_id=workspace.project_id)
        else:
            delete_workspace(actor=actor_of(alice), workspace_id=workspace.id)

    _, deleting = race(partial(make_team_poll, bob, workspace), delete)
    assert deleting.exception() is None
    assert not Workspace.objects.exists()
    assert not Poll.objects.exists()


def test_a_poll_that_waits_for_the_archiving_of_its_workspace_is_not_created(
    workspace: Workspace, bob: User
) -> None:
    _, creating = race(
        lambda: update_workspace(actor=actor_of(bob), workspace_id=workspace.id, is_archived=True),
        partial(make_team_poll, bob, workspace),
    )
    assert isinstance(creating.exception(), WorkspaceArchivedError)
    assert not Poll.objects.exists()
