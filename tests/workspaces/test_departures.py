"""What becomes of projects when the account of a member is deleted or suspended."""

from collections.abc import Callable

import pytest

from accounts.models import User
from accounts.services import delete_user, suspend_user
from tests.conftest import ClientFor, actor_of
from tests.workspaces.teams import join, log_of, open_workspace
from workspaces import departures, projects
from workspaces.members import change_role
from workspaces.models import Activity, Member, Project, Workspace
from workspaces.permissions import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def delete(staff: User) -> Callable[[User], None]:
    return lambda user: delete_user(actor=actor_of(staff), user_id=user.id)


Delete = Callable[[User], None]


def roles(project: Project) -> dict[str, str]:
    members = Member.objects.filter(project=project).select_related("user")
    project.refresh_from_db()
    assert project.member_count == len(members)
    return {member.user.name: member.role for member in members}


def test_a_project_goes_to_the_longest_standing_collaborator(
    project: Project, alice: User, charlie: User, delete: Delete
) -> None:
    join(project, charlie, Role.COLLABORATOR)
    # Somebody who came early, and was a viewer until now, stands as long as they have been there.
    delete(alice)
    assert roles(project) == {"Bob": "owner", "Vera": "viewer", "Charlie": "collaborator"}
    assert log_of(project)[-2:] == [("project.transferred", "Bob"), ("member.left", "Alice")]
    assert {each.actor_id for each in Activity.objects.order_by("-seq")[:2]} == {None}


def test_without_collaborators_it_goes_to_the_longest_standing_viewer(
    project: Project, alice: User, bob: User, charlie: User, delete: Delete
) -> None:
    join(project, charlie, Role.VIEWER)
    delete(bob)
    delete(alice)
    assert roles(project) == {"Vera": "owner", "Charlie": "viewer"}


def test_another_owner_keeps_it(project: Project, alice: User, vera: User, delete: Delete) -> None:
    change_role(actor=actor_of(alice), project_id=project.id, user_id=vera.id, role=Role.OWNER)
    delete(alice)
    assert roles(project) == {"Bob": "collaborator", "Vera": "owner"}
    assert log_of(project)[-1] == ("member.left", "Alice")
    assert log_of(project)[-2] == ("member.role_changed", "Vera")


def test_a_suspended_owner_or_collaborator_does_not_get_it(
    project: Project, alice: User, bob: User, charlie: User, staff: User, delete: Delete
) -> None:
    join(project, charlie, Role.OWNER)
    for user in (bob, charlie):
        suspend_user(actor=actor_of(staff), user_id=user.id, reason="spam")
    delete(alice)
    assert roles(project) == {"Bob": "collaborator", "Charlie": "owner", "Vera": "owner"}


def test_if_all_are_suspended_one_of_them_gets_it(
    project: Project, alice: User, bob: User, vera: User, staff: User, delete: Delete
) -> None:
    for user in (bob, vera):
        suspend_user(actor=actor_of(staff), user_id=user.id, reason="spam")
    delete(alice)
    assert roles(project) == {"Bob": "owner", "Vera": "viewer"}


def test_a_project_without_other_members_is_deleted(
    alice: User, bob: User, project: Project, vera: User, delete: Delete
) -> None:
    open_workspace(project)
    for user in (bob, vera, alice):
        delete(user)
    assert not Project.objects.exists()
    assert not Workspace.objects.exists()
    assert log_of(project)[-1] == ("project.deleted", "Town hall")


def test_somebody_who_joins_meanwhile_keeps_the_project(
    alice: User,
    bob: User,
    vera: User,
    charlie: User,
    project: Project,
    delete: Delete,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for user in (bob, vera):
        delete(user)
    delete_with_contents = projects.delete_with_contents

    def join_first(*args: object, **options: object) -> None:
        join(project, charlie, Role.VIEWER)
        delete_with_contents(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(departures, "delete_with_contents", join_first)
    delete(alice)
    assert roles(project) == {"Charlie": "owner"}


def test_a_suspended_member_keeps_the_role_and_cannot_act(
    project: Project, bob: User, staff: User, client_for: ClientFor
) -> None:
    client = client_for(bob)
    suspend_user(actor=actor_of(staff), user_id=bob.id, reason="spam", withdraws_contributions=True)
    assert client.get(f"/api/projects/{project.id}").json()["code"] == "account.suspended"
    assert roles(project)["Bob"] == "collaborator"
