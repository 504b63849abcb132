"""Inviting people, sending again, changing the role, revoking."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks as Committing
from pytest_django import Settings

from accounts.models import User
from apikit.errors import (
    GuestRefusedError,
    ServerUnavailableError,
    TooManyRequestsError,
    ValidationFailedError,
)
from tests.conftest import actor_of, make_user
from tests.workspaces.inviting import DORA, make_project, role_of, send, sent_emails, verbs_in
from workspaces import invitation_emails, invitations
from workspaces.errors import (
    ActionNotAllowedError,
    InvitationNotFoundError,
    ProjectFullError,
    ProjectNotFoundError,
)
from workspaces.invitation_selectors import (
    InvitationState,
    list_invitations_for,
    list_own_invitations,
    states_of,
)
from workspaces.invitations import (
    accept_invitation,
    invite,
    resend_invitation,
    revoke_invitation,
)
from workspaces.models import Activity, Invitation, Member, Project

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(alice: User, bob: User) -> Project:
    """A project of alice; bob is a viewer."""
    return make_project(alice, viewer=bob)


def expire(invitation: Invitation) -> None:
    Invitation.objects.filter(id=invitation.id).update(expires_at=timezone.now())


def states_for(user: User, project: Project) -> list[InvitationState]:
    listed = states_of(list_invitations_for(actor_of(user), project.id))
    return [each.state for each in listed]


def test_an_invitation_is_listed_and_recorded_with_the_masked_address(
    alice: User, project: Project
) -> None:
    sent = send(alice, project, " Dora@EXAMPLE.org ", "collaborator")
    [listed] = list_invitations_for(actor_of(alice), project.id)
    assert (listed, listed.email, listed.role) == (sent, DORA, "collaborator")
    assert listed.expires_at - listed.sent_at == timedelta(days=7)
    activity = Activity.objects.get(target_kind="invitation")
    assert activity.verb == "invitation.sent"
    assert (activity.target_id, activity.target_name) == (sent.id, "d…@example.org")
    assert (activity.actor_id, activity.after) == (alice.id, {"role": "collaborator"})


def test_inviting_a_member_changes_nothing(alice: User, bob: User, project: Project) -> None:
    for email in ("bob@example.org", "BOB@example.org", "alice@example.org"):
        invited = invite(
            actor=actor_of(alice), project_id=project.id, email=email, role="collaborator"
        )
        assert (invited.invitation, invited.is_new) == (None, False)
    assert role_of(bob, project) == "viewer"
    assert (verbs_in(project), Invitation.objects.count()) == ([], 0)


def test_inviting_again_changes_the_role_and_sends_no_second_email(
    alice: User,
    project: Project,
    django_capture_on_commit_callbacks: Committing,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        first = send(alice, project, role="viewer")
        again = [send(alice, project, role=role) for role in ("viewer", "collaborator")]
    assert {each.id for each in again} == {first.id}
    stored = Invitation.objects.get()
    assert (stored.role, stored.sent_count, stored.token_hash) == (
        "collaborator",
        1,
        first.token_hash,
    )
    assert verbs_in(project) == ["invitation.sent", "invitation.changed"]
    changed = Activity.objects.get(verb="invitation.changed")
    assert (changed.before, changed.after) == ({"role": "viewer"}, {"role": "collaborator"})
    assert len(sent_emails()) == 1


def test_inviting_after_it_expired_sends_again(alice: User, project: Project) -> None:
    first = send(alice, project)
    expire(first)
    invited = invite(actor=actor_of(alice), project_id=project.id, email=DORA, role="owner")
    again = invited.invitation
    assert again is not None
    assert (invited.is_new, invited.is_sent) == (False, True)
    assert (again.id, again.role, again.sent_count) == (first.id, "owner", 2)
    assert again.expires_at > timezone.now()
    assert again.token_hash != first.token_hash
    assert verbs_in(project) == ["invitation.sent", "invitation.resent"]


def test_inviting_after_it_was_revoked_makes_a_new_invitation(
    alice: User, project: Project
) -> None:
    first = send(alice, project)
    revoke_invitation(actor=actor_of(alice), project_id=project.id, invitation_id=first.id)
    assert list(list_invitations_for(actor_of(alice), project.id)) == []
    assert send(alice, project).id != first.id
    assert verbs_in(project) == ["invitation.sent", "invitation.revoked", "invitation.sent"]


def test_resending_replaces_token_deadline_and_inviter(
    alice: User, bob: User, project: Project
) -> None:
    Member.objects.filter(user=bob).update(role="owner")
    first = send(alice, project)
    expire(first)
    again = resend_invitation(actor=actor_of(bob), project_id=project.id, invitation_id=first.id)
    assert again.token_hash != first.token_hash
    assert (again.invited_by_id, again.sent_count) == (bob.id, 2)
    assert states_for(alice, project) == [InvitationState.OPEN]
    assert verbs_in(project) == ["invitation.sent", "invitation.resent"]


def test_revoked_and_foreign_invitations_cannot_be_sent_or_revoked(
    alice: User, charlie: User, project: Project
) -> None:
    revoked = send(alice, project)
    revoke_invitation(actor=actor_of(alice), project_id=project.id, invitation_id=revoked.id)
    foreign = send(charlie, make_project(charlie))
    for each in (revoked, foreign):
        for change in (resend_invitation, revoke_invitation):
            with pytest.raises(InvitationNotFoundError):
                change(actor=actor_of(alice), project_id=project.id, invitation_id=each.id)


@pytest.mark.parametrize("change", ["invite", "resend", "revoke", "list"])
@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        ("bob", ActionNotAllowedError),
        ("charlie", ProjectNotFoundError),
        ("guest", GuestRefusedError),
    ],
)
def test_only_owners_invite(
    alice: User,
    project: Project,
    request: pytest.FixtureRequest,
    change: str,
    who: str,
    refusal: type[Exception],
) -> None:
    sent = send(alice, project)
    actor = actor_of(request.getfixturevalue(who))
    attempts: dict[str, Callable[..., Any]] = {
        "invite": partial(invite, email=DORA, role="owner"),
        "resend": partial(resend_invitation, invitation_id=sent.id),
        "revoke": partial(revoke_invitation, invitation_id=sent.id),
        "list": list_invitations_for,
    }
    with pytest.raises(refusal):
        attempts[change](actor=actor, project_id=project.id)
    assert verbs_in(project) == ["invitation.sent"]


def test_an_invitation_lapses_while_its_inviter_may_not_invite(
    alice: User, bob: User, project: Project
) -> None:
    """A demoted owner must not return with an invitation to an address of their own."""
    Member.objects.filter(user=bob).update(role="owner")
    dora = make_user("Dora")
    sent = send(bob, project, role="owner")
    Member.objects.filter(user=bob).update(role="collaborator")
    assert states_for(alice, project) == [InvitationState.LAPSED]
    assert list(list_own_invitations(actor_of(dora))) == []
    with pytest.raises(InvitationNotFoundError):
        accept_invitation(actor=actor_of(dora), token=str(sent.id))
    resend_invitation(actor=actor_of(alice), project_id=project.id, invitation_id=sent.id)
    accept_invitation(actor=actor_of(dora), token=str(sent.id))
    assert role_of(dora, project) == "owner"


def test_an_invitation_lapses_with_its_inviter(alice: User, project: Project, bob: User) -> None:
    Member.objects.filter(user=bob).update(role="owner")
    send(bob, project)
    User.objects.filter(id=bob.id).update(is_active=False)
    assert states_for(alice, project) == [InvitationState.LAPSED]
    bob.delete()
    assert states_for(alice, project) == [InvitationState.LAPSED]


def test_staff_invite_to_any_project(staff: User, project: Project) -> None:
    dora = make_user("Dora")
    sent = send(staff, project)
    accept_invitation(actor=actor_of(dora), token=str(sent.id))
    assert Member.objects.get(user=dora).invited_by == staff


@pytest.mark.parametrize(
    ("email", "role", "field"),
    [("dora", "viewer", "email"), ("a@b@example.org", "viewer", "email"), (DORA, "boss", "role")],
)
def test_invalid_values_are_refused(
    alice: User, project: Project, email: str, role: str, field: str
) -> None:
    with pytest.raises(ValidationFailedError) as refusal:
        invite(actor=actor_of(alice), project_id=project.id, email=email, role=role)
    assert refusal.value.errors[0].field == field


def test_so_many_invitations_can_be_open(
    alice: User, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invitations, "MAX_OPEN_INVITATIONS", 2)
    first = send(alice, project, "a@example.org")
    send(alice, project, "b@example.org")
    with pytest.raises(ProjectFullError):
        send(alice, project, "c@example.org")
    expire(first)
    send(alice, project, "c@example.org")


@pytest.mark.parametrize("by", ["inviter", "project", "address"])
def test_emails_are_limited(
    alice: User,
    bob: User,
    limited: Settings,
    monkeypatch: pytest.MonkeyPatch,
    by: str,
) -> None:
    maxima = {"inviter": 100, "project": 100, "address": 100} | {by: 2}
    limited.INVITATIONS_PER_HOUR = maxima["inviter"]
    monkeypatch.setattr(invitation_emails, "PER_PROJECT_AND_HOUR", maxima["project"])
    monkeypatch.setattr(invitation_emails, "PER_ADDRESS_AND_HOUR", maxima["address"])
    team = make_project(alice)
    Member.objects.create(project=team, user=bob, role="owner", joined_at=timezone.now())
    others = [make_project(alice) for _ in range(2)]
    teams = [team, *others]
    addresses = [f"{number}@example.org" for number in range(3)]
    attempts = {
        "inviter": zip([alice] * 3, teams, addresses, strict=True),
        "project": zip([alice, bob, bob], [team] * 3, addresses, strict=True),
        "address": zip([alice] * 3, teams, [DORA] * 3, strict=True),
    }[by]
    *admitted, refused = attempts
    for inviter, project, email in admitted:
        send(inviter, project, email)
    with pytest.raises(TooManyRequestsError):
        send(*refused)
    assert Invitation.objects.count() == 2


def test_changing_the_role_does_not_count_as_an_email(
    alice: User, project: Project, limited: Settings
) -> None:
    limited.INVITATIONS_PER_HOUR = 1
    for role in ("viewer", "collaborator", "owner"):
        send(alice, project, role=role)
    assert Invitation.objects.get().role == "owner"


def test_strangers_do_not_use_up_the_limits(
    charlie: User, alice: User, project: Project, limited: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invitation_emails, "PER_PROJECT_AND_HOUR", 1)
    with pytest.raises(ProjectNotFoundError):
        send(charlie, project)
    send(alice, project)


def test_while_the_queue_of_emails_is_full_nothing_changes(
    alice: User, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = send(alice, project)

    def refuse() -> None:
        raise ServerUnavailableError

    monkeypatch.setattr(invitation_emails, "check_room_for_email", refuse)
    with pytest.raises(ServerUnavailableError):
        send(alice, project, "erik@example.org")
    with pytest.raises(ServerUnavailableError):
        resend_invitation(actor=actor_of(alice), project_id=project.id, invitation_id=sent.id)
    assert Invitation.objects.get() == sent
    assert Invitation.objects.get().sent_count == 1


def test_nothing_is_sent_before_the_commit(alice: User, project: Project) -> None:
    send(alice, project)
    assert sent_emails() == []
