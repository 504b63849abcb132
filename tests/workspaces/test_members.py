"""Members of a project: adding, roles, removing, leaving, handing it over."""

import pytest

from accounts.models import User
from accounts.services import suspend_user
from apikit.errors import GuestRefusedError, TooManyRequestsError, ValidationFailedError
from tests.conftest import actor_of
from tests.workspaces.teams import join, log_of
from workspaces import limits, members, roster
from workspaces.errors import (
    ActionNotAllowedError,
    LastProjectOwnerError,
    MemberNotFoundError,
    ProjectFullError,
    ProjectNotFoundError,
)
from workspaces.invitations import invite
from workspaces.members import add_member, change_role, remove_member, transfer_project
from workspaces.models import Activity, Invitation, Member, Project
from workspaces.permissions import Role
from workspaces.projects import create_project


def role_of(project: Project, user: User) -> str | None:
    return Member.objects.filter(project=project, user=user).values_list("role", flat=True).first()


def test_an_account_is_added_by_its_address_in_any_spelling(
    project: Project, alice: User, charlie: User
) -> None:
    member, is_new = add_member(
        actor=actor_of(alice),
        project_id=project.id,
        email="  CHARLIE@Example.org ",
        role=Role.VIEWER,
    )
    assert (is_new, member.role, role_of(project, charlie)) == (True, "viewer", "viewer")
    before = project.revision
    project.refresh_from_db()
    assert (project.member_count, project.revision) == (4, before + 1)
    assert log_of(project)[-1] == ("member.added", "Charlie")
    added = Activity.objects.latest("seq")
    assert (added.actor, added.target_id, added.after) == (alice, charlie.id, {"role": "viewer"})


def test_adding_a_member_again_changes_nothing(project: Project, alice: User, bob: User) -> None:
    log = log_of(project)
    member, is_new = add_member(
        actor=actor_of(alice), project_id=project.id, email="bob@example.org", role=Role.OWNER
    )
    assert (is_new, member.role, role_of(project, bob)) == (False, "collaborator", "collaborator")
    revision = project.revision
    project.refresh_from_db()
    assert (project.member_count, project.revision, log_of(project)) == (3, revision, log)


def test_a_full_project_takes_nobody(
    project: Project, alice: User, charlie: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert limits.MAX_MEMBERS == 500
    monkeypatch.setattr(roster, "MAX_MEMBERS", 3)
    with pytest.raises(ProjectFullError):
        join(project, charlie, Role.VIEWER)
    assert role_of(project, charlie) is None


def test_an_account_adds_a_bounded_number_of_people_per_hour(
    project: Project, alice: User, charlie: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It learns which addresses have an account."""
    monkeypatch.setattr(members, "ADDITIONS_PER_HOUR", 2)
    for _ in range(2):
        join(project, alice, Role.OWNER)
    with pytest.raises(TooManyRequestsError):
        join(project, charlie, Role.VIEWER)
    assert role_of(project, charlie) is None


def test_who_is_added_needs_no_invitation_any_more(
    project: Project, alice: User, charlie: User
) -> None:
    invite(
        actor=actor_of(alice), project_id=project.id, email="charlie@example.org", role=Role.VIEWER
    )
    join(project, charlie, Role.COLLABORATOR)
    assert not Invitation.objects.filter(Invitation.OPEN).exists()
    assert role_of(project, charlie) == "collaborator"


def test_an_address_without_an_account_is_invited(project: Project, alice: User) -> None:
    for is_first in (True, False):
        invited, is_new = add_member(
            actor=actor_of(alice), project_id=project.id, email="dora@example.org", role=Role.VIEWER
        )
        assert isinstance(invited, Invitation)
        assert (invited.email, is_new) == ("dora@example.org", is_first)
    assert log_of(project)[-1][0] == "invitation.sent"
    assert Member.objects.filter(project=project).count() == 3


def test_a_role_is_changed_once(project: Project, alice: User, vera: User) -> None:
    for _ in range(2):
        member = change_role(
            actor=actor_of(alice), project_id=project.id, user_id=vera.id, role=Role.COLLABORATOR
        )
        assert member.role == Role.COLLABORATOR
    revision = project.revision
    project.refresh_from_db()
    assert project.revision == revision + 1
    assert log_of(project)[-2:] == [("member.added", "Vera"), ("member.role_changed", "Vera")]
    changed = Activity.objects.latest("seq")
    assert (changed.before, changed.after) == ({"role": "viewer"}, {"role": "collaborator"})


def test_a_removed_member_is_a_stranger(project: Project, alice: User, bob: User) -> None:
    remove_member(actor=actor_of(alice), project_id=project.id, user_id=bob.id)
    project.refresh_from_db()
    assert (project.member_count, role_of(project, bob)) == (2, None)
    assert log_of(project)[-1] == ("member.removed", "Bob")
    with pytest.raises(ProjectNotFoundError):
        remove_member(actor=actor_of(bob), project_id=project.id, user_id=bob.id)
    with pytest.raises(MemberNotFoundError):
        remove_member(actor=actor_of(alice), project_id=project.id, user_id=bob.id)


def test_everybody_but_the_last_owner_can_leave(
    project: Project, alice: User, vera: User, bob: User
) -> None:
    remove_member(actor=actor_of(vera), project_id=project.id, user_id=vera.id)
    assert log_of(project)[-1] == ("member.left", "Vera")
    with pytest.raises(LastProjectOwnerError):
        remove_member(actor=actor_of(alice), project_id=project.id, user_id=alice.id)
    assert role_of(project, alice) == Role.OWNER
    change_role(actor=actor_of(alice), project_id=project.id, user_id=bob.id, role=Role.OWNER)
    remove_member(actor=actor_of(alice), project_id=project.id, user_id=alice.id)
    project.refresh_from_db()
    assert (project.member_count, role_of(project, bob)) == (1, "owner")


def test_the_last_owner_cannot_be_demoted(project: Project, alice: User, staff: User) -> None:
    for actor in (alice, staff):
        with pytest.raises(LastProjectOwnerError):
            change_role(
                actor=actor_of(actor), project_id=project.id, user_id=alice.id, role=Role.VIEWER
            )
    assert role_of(project, alice) == Role.OWNER


def test_a_suspended_owner_does_not_count(
    project: Project, alice: User, bob: User, staff: User
) -> None:
    change_role(actor=actor_of(alice), project_id=project.id, user_id=bob.id, role=Role.OWNER)
    suspend_user(actor=actor_of(staff), user_id=bob.id, reason="spam")
    with pytest.raises(LastProjectOwnerError):
        remove_member(actor=actor_of(alice), project_id=project.id, user_id=alice.id)
    assert role_of(project, bob) == Role.OWNER


def test_a_transfer_makes_another_member_the_owner(
    project: Project, alice: User, vera: User
) -> None:
    member = transfer_project(actor=actor_of(alice), project_id=project.id, user_id=vera.id)
    assert (member.user, member.role) == (vera, Role.OWNER)
    assert (role_of(project, vera), role_of(project, alice)) == ("owner", "collaborator")
    assert log_of(project)[-1] == ("project.transferred", "Vera")
    with pytest.raises(ActionNotAllowedError):
        transfer_project(actor=actor_of(alice), project_id=project.id, user_id=vera.id)


def test_a_transfer_goes_to_another_member_who_can_act(
    project: Project, alice: User, bob: User, charlie: User, staff: User
) -> None:
    suspend_user(actor=actor_of(staff), user_id=bob.id, reason="spam")
    for user, refusal in (
        (alice, ValidationFailedError),
        (bob, LastProjectOwnerError),
        (charlie, MemberNotFoundError),
    ):
        with pytest.raises(refusal):
            transfer_project(actor=actor_of(alice), project_id=project.id, user_id=user.id)
    assert role_of(project, alice) == Role.OWNER


def test_staff_can_transfer_a_project_without_being_a_member(
    project: Project, alice: User, bob: User, staff: User
) -> None:
    transfer_project(actor=actor_of(staff), project_id=project.id, user_id=bob.id)
    assert (role_of(project, bob), role_of(project, alice)) == ("owner", "owner")
    assert role_of(project, staff) is None


def test_a_guest_cannot_create_a_project_or_be_a_member(guest: User, project: Project) -> None:
    with pytest.raises(GuestRefusedError):
        create_project(actor=actor_of(guest), name="Guests")
    with pytest.raises(GuestRefusedError):
        remove_member(actor=actor_of(guest), project_id=project.id, user_id=guest.id)
