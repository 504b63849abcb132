"""Accepting and declining invitations, in every state that they can be in."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks as Committing

from accounts.errors import AccountSuspendedError
from accounts.models import User
from apikit.actors import visitor
from apikit.errors import AuthenticationRequiredError, GuestRefusedError
from tests.conftest import actor_of, make_user
from tests.workspaces.inviting import (
    DORA,
    make_project,
    role_of,
    send,
    sent_emails,
    token_in,
    verbs_in,
)
from workspaces import roster
from workspaces.errors import (
    InvitationExpiredError,
    InvitationNotFoundError,
    InvitationOfOtherAddressError,
    ProjectFullError,
)
from workspaces.invitation_selectors import get_invitation_for, list_own_invitations
from workspaces.invitations import (
    accept_invitation,
    decline_invitation,
    resend_invitation,
    revoke_invitation,
)
from workspaces.models import Invitation, Member, Project

pytestmark = pytest.mark.django_db

Mail = Callable[..., tuple[Invitation, str]]
UNKNOWN_ID = "01985c2e-8f10-7d52-b3a4-6a0c5e9d0000"
ANSWERS: list[Any] = [accept_invitation, decline_invitation]


@pytest.fixture
def project(alice: User) -> Project:
    return make_project(alice)


@pytest.fixture
def dora(db: None) -> User:
    return make_user("Dora")


@pytest.fixture
def mail_to(
    alice: User,
    project: Project,
    django_capture_on_commit_callbacks: Committing,
) -> Mail:
    """Invites somebody; returns the invitation and the token in the email."""

    def invite_by_email(email: str = DORA, role: str = "viewer") -> tuple[Invitation, str]:
        with django_capture_on_commit_callbacks(execute=True):
            invitation = send(alice, project, email, role)
        return invitation, token_in(sent_emails()[-1])

    return invite_by_email


@pytest.fixture(params=["mailed", "id"])
def token(request: pytest.FixtureRequest, mail_to: Mail) -> str:
    """Both tokens of an invitation of dora: the mailed one, and its id."""
    invitation, mailed = mail_to(role="collaborator")
    return mailed if request.param == "mailed" else str(invitation.id)


def test_accepting_makes_a_member_with_the_role(
    dora: User, alice: User, project: Project, token: str
) -> None:
    assert get_invitation_for(actor_of(dora), token).project == project
    accepted = accept_invitation(actor=actor_of(dora), token=token)
    assert accepted == Member.objects.get(user=dora)
    assert (accepted.role, accepted.invited_by, accepted.project) == (
        "collaborator",
        alice,
        project,
    )
    project.refresh_from_db()
    assert (project.member_count, project.revision) == (2, 2)
    assert verbs_in(project) == ["invitation.sent", "invitation.accepted"]
    assert list(list_own_invitations(actor_of(dora))) == []


def test_an_invitation_is_used_once(dora: User, project: Project, token: str) -> None:
    accept_invitation(actor=actor_of(dora), token=token)
    # Like a request whose response was lost.
    again = accept_invitation(actor=actor_of(dora), token=token)
    assert again.user == dora
    assert verbs_in(project).count("invitation.accepted") == 1
    Member.objects.filter(user=dora).delete()
    with pytest.raises(InvitationNotFoundError):
        accept_invitation(actor=actor_of(dora), token=token)
    assert role_of(dora, project) is None


def test_declining_answers_the_invitation(dora: User, project: Project, token: str) -> None:
    decline_invitation(actor=actor_of(dora), token=token)
    for answer in ANSWERS:
        with pytest.raises(InvitationNotFoundError):
            answer(actor=actor_of(dora), token=token)
    assert role_of(dora, project) is None
    assert verbs_in(project) == ["invitation.sent", "invitation.declined"]


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_revoked_invitation_looks_like_none(
    dora: User, alice: User, project: Project, token: str, answer: Any
) -> None:
    revoke_invitation(
        actor=actor_of(alice), project_id=project.id, invitation_id=Invitation.objects.get().id
    )
    with pytest.raises(InvitationNotFoundError):
        answer(actor=actor_of(dora), token=token)
    with pytest.raises(InvitationNotFoundError):
        get_invitation_for(actor_of(dora), token)


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_expired_invitation_says_so(
    dora: User, project: Project, token: str, answer: Any
) -> None:
    Invitation.objects.update(expires_at=timezone.now())
    with pytest.raises(InvitationExpiredError):
        answer(actor=actor_of(dora), token=token)
    with pytest.raises(InvitationExpiredError):
        get_invitation_for(actor_of(dora), token)
    assert list(list_own_invitations(actor_of(dora))) == []
    assert role_of(dora, project) is None


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_invitation_of_a_deleted_project_looks_like_none(
    dora: User, project: Project, token: str, answer: Any
) -> None:
    project.delete()
    with pytest.raises(InvitationNotFoundError):
        answer(actor=actor_of(dora), token=token)


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize(
    "token",
    ["", "x", "x" * 43, "x" * 10_000, "é" * 43, "\x00", UNKNOWN_ID, "{" + "a" * 34 + "}"],
)
def test_unknown_tokens_look_alike(dora: User, token: str, answer: Any) -> None:
    with pytest.raises(InvitationNotFoundError):
        answer(actor=actor_of(dora), token=token)
    with pytest.raises(InvitationNotFoundError):
        get_invitation_for(actor_of(dora), token)


@pytest.mark.parametrize("answer", ANSWERS)
def test_another_account_cannot_answer(
    charlie: User, project: Project, mail_to: Mail, answer: Any
) -> None:
    """The holder of the mailed token learns why; an id alone says nothing."""
    invitation, mailed = mail_to()
    with pytest.raises(InvitationOfOtherAddressError):
        answer(actor=actor_of(charlie), token=mailed)
    with pytest.raises(InvitationNotFoundError):
        answer(actor=actor_of(charlie), token=str(invitation.id))
    assert get_invitation_for(visitor(), mailed) == invitation
    for actor in (actor_of(charlie), visitor()):
        with pytest.raises(InvitationNotFoundError):
            get_invitation_for(actor, str(invitation.id))
    assert role_of(charlie, project) is None
    assert verbs_in(project) == ["invitation.sent"]


@pytest.mark.parametrize("answer", ANSWERS)
def test_visitors_guests_and_suspended_people_cannot_answer(
    guest: User, dora: User, token: str, answer: Any
) -> None:
    with pytest.raises(AuthenticationRequiredError):
        answer(actor=visitor(), token=token)
    with pytest.raises(GuestRefusedError):
        answer(actor=actor_of(guest), token=token)
    User.objects.filter(id=dora.id).update(is_active=False)
    with pytest.raises(AccountSuspendedError):
        answer(actor=actor_of(dora), token=token)


def test_a_member_keeps_the_role_and_the_invitation_is_answered(
    dora: User, project: Project, token: str
) -> None:
    """An owner may have added the account meanwhile."""
    Member.objects.create(project=project, user=dora, role="viewer", joined_at=timezone.now())
    assert accept_invitation(actor=actor_of(dora), token=token).role == "viewer"
    assert role_of(dora, project) == "viewer"
    project.refresh_from_db()
    assert project.member_count == 1
    assert Invitation.objects.get().accepted_at is not None


def test_the_role_is_that_of_the_moment_of_acceptance(
    dora: User, alice: User, project: Project, token: str
) -> None:
    send(alice, project, role="viewer")
    assert accept_invitation(actor=actor_of(dora), token=token).role == "viewer"


def test_sending_again_voids_the_former_token(
    dora: User, alice: User, project: Project, mail_to: Mail
) -> None:
    invitation, mailed = mail_to()
    resend_invitation(actor=actor_of(alice), project_id=project.id, invitation_id=invitation.id)
    with pytest.raises(InvitationNotFoundError):
        accept_invitation(actor=actor_of(dora), token=mailed)


def test_a_full_project_refuses_and_the_invitation_stays_open(
    dora: User, project: Project, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roster, "MAX_MEMBERS", 1)
    with pytest.raises(ProjectFullError):
        accept_invitation(actor=actor_of(dora), token=token)
    assert list(list_own_invitations(actor_of(dora))) == [Invitation.objects.get()]


@pytest.mark.parametrize(
    ("invited", "registered"),
    [
        ("Dora@Example.ORG", DORA),
        ("dora@bücher.example", "dora@xn--bcher-kva.example"),
        ("dora@xn--bcher-kva.example", "dora@bücher.example"),
        ('"dora"@example.org', DORA),
    ],
)
def test_addresses_are_compared_as_accounts_compare_them(
    mail_to: Mail, project: Project, invited: str, registered: str
) -> None:
    """An older account may have an address that is not normalized."""
    mail_to(email=invited)
    dora = User.objects.create(name="Dora", email=registered)
    [own] = list_own_invitations(actor_of(dora))
    accept_invitation(actor=actor_of(dora), token=str(own.id))
    assert role_of(dora, project) == "viewer"


def test_a_changed_address_finds_the_invitation(charlie: User, mail_to: Mail) -> None:
    invitation, _ = mail_to()
    assert list(list_own_invitations(actor_of(charlie))) == []
    User.objects.filter(id=charlie.id).update(email=DORA)
    assert list(list_own_invitations(actor_of(charlie))) == [invitation]
