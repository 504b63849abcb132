"""Invitations and answers at the same time: the second waits for the first, then decides."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.services import delete_user
from tests.conftest import actor_of, make_user
from tests.locks import race
from tests.workspaces.inviting import (
    DORA,
    make_project,
    role_of,
    send,
    sent_emails,
    token_in,
    verbs_in,
)
from tests.workspaces.teams import join
from workspaces.errors import InvitationNotFoundError
from workspaces.invitations import (
    Invited,
    accept_invitation,
    decline_invitation,
    invite,
    resend_invitation,
    revoke_invitation,
)
from workspaces.members import add_member, change_role
from workspaces.models import Invitation, Member, Project
from workspaces.permissions import Role
from workspaces.projects import delete_project
from workspaces.pruning import prune_invitations

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]

Act = Callable[[], Any]


@pytest.fixture
def project(alice: User, bob: User) -> Project:
    """A project of alice and bob."""
    project = make_project(alice)
    join(project, bob, Role.OWNER)
    return project


@pytest.fixture
def dora(db: None) -> User:
    return make_user("Dora")


@pytest.fixture
def accept(project: Project, dora: User, bob: User) -> Act:
    """dora accepts an invitation by bob, with the token in the email."""
    send(bob, project)
    token = token_in(sent_emails()[-1])
    return partial(accept_invitation, actor=actor_of(dora), token=token)


def invitation_id() -> Any:
    return Invitation.objects.values_list("id", flat=True).get()


def assert_counted(project: Project) -> None:
    project.refresh_from_db()
    assert project.member_count == Member.objects.filter(project=project).count()


def test_two_invitations_of_one_address_are_one_with_one_email(
    project: Project, alice: User, bob: User
) -> None:
    before = len(sent_emails())
    first, second = race(
        partial(send, alice, project, DORA, "viewer"),
        partial(send, bob, project, DORA, "collaborator"),
    )
    assert first == second.result() == Invitation.objects.get()
    assert len(sent_emails()) == before + 1
    assert verbs_in(project) == ["invitation.sent", "invitation.changed"]


def test_two_acceptances_make_one_membership(project: Project, dora: User, accept: Act) -> None:
    first, second = race(accept, accept)
    assert first == second.result() == Member.objects.get(user=dora)
    assert verbs_in(project).count("invitation.accepted") == 1
    assert_counted(project)


def test_acceptance_and_adding_by_an_owner_make_one_membership(
    project: Project, dora: User, alice: User, accept: Act
) -> None:
    add = partial(
        add_member, actor=actor_of(alice), project_id=project.id, email=DORA, role=Role.OWNER
    )
    (member, is_new), accepting = race(add, accept)
    assert (member, is_new) == (Member.objects.get(user=dora), True)
    # The invitation was answered by adding.
    assert accepting.result() == member
    assert role_of(dora, project) == "owner"
    assert_counted(project)


@pytest.mark.parametrize("what", ["revoke", "resend", "decline", "delete", "demote"])
def test_an_acceptance_that_comes_second_finds_nothing(
    project: Project, dora: User, alice: User, bob: User, accept: Act, what: str
) -> None:
    of_alice: dict[str, Any] = {"actor": actor_of(alice), "project_id": project.id}
    firsts: dict[str, Act] = {
        "revoke": partial(revoke_invitation, **of_alice, invitation_id=invitation_id()),
        "resend": partial(resend_invitation, **of_alice, invitation_id=invitation_id()),
        "decline": partial(decline_invitation, actor=actor_of(dora), token=str(invitation_id())),
        "delete": partial(delete_project, **of_alice),
        "demote": partial(change_role, **of_alice, user_id=bob.id, role=Role.COLLABORATOR),
    }
    _, accepting = race(firsts[what], accept)
    assert isinstance(accepting.exception(), InvitationNotFoundError)
    assert role_of(dora, project) is None


@pytest.mark.parametrize("what", ["revoke", "resend", "decline"])
def test_what_comes_second_after_an_acceptance_finds_nothing(
    project: Project, dora: User, alice: User, accept: Act, what: str
) -> None:
    of_alice: dict[str, Any] = {"actor": actor_of(alice), "project_id": project.id}
    seconds: dict[str, Act] = {
        "revoke": partial(revoke_invitation, **of_alice, invitation_id=invitation_id()),
        "resend": partial(resend_invitation, **of_alice, invitation_id=invitation_id()),
        "decline": partial(decline_invitation, actor=actor_of(dora), token=str(invitation_id())),
    }
    accepted, late = race(accept, seconds[what])
    assert accepted.user == dora
    assert isinstance(late.exception(), InvitationNotFoundError)
    assert role_of(dora, project) == "viewer"


def test_the_role_that_was_changed_before_the_acceptance_counts(
    project: Project, dora: User, alice: User, accept: Act
) -> None:
    _, accepting = race(partial(send, alice, project, DORA, "collaborator"), accept)
    assert accepting.result().role == "collaborator"
    assert role_of(dora, project) == "collaborator"


def test_inviting_somebody_who_is_accepting_changes_nothing(
    project: Project, dora: User, alice: User, accept: Act
) -> None:
    inviting = partial(
        invite, actor=actor_of(alice), project_id=project.id, email=DORA, role=Role.OWNER
    )
    _, invited = race(accept, inviting)
    assert invited.result() == Invited(None)
    assert role_of(dora, project) == "viewer"
    assert not Invitation.objects.filter(Invitation.OPEN).exists()


def test_an_account_deleted_during_its_acceptance_leaves_nothing(
    project: Project, dora: User, staff: User, accept: Act
) -> None:
    _, deleted = race(accept, partial(delete_user, actor=actor_of(staff), user_id=dora.id))
    deleted.result()
    assert not Member.objects.filter(user_id=dora.id).exists()
    assert_counted(project)


def test_an_invitation_sent_again_while_it_is_pruned_stays(
    project: Project, alice: User, bob: User
) -> None:
    sent = send(bob, project)
    Invitation.objects.update(expires_at=timezone.now() - timedelta(days=60))
    resend = partial(
        resend_invitation, actor=actor_of(alice), project_id=project.id, invitation_id=sent.id
    )
    _, pruned = race(resend, partial(prune_invitations, ""))
    assert pruned.result().deleted == 0
    assert Invitation.objects.get().sent_count == 2
