"""The invitation endpoints: what they show to whom, and what they refuse alike."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from pytest_django import DjangoCaptureOnCommitCallbacks as Committing
from rest_framework.test import APIClient

from accounts.emails import RETRY_AFTER_S
from accounts.models import User
from apikit.errors import ServerUnavailableError
from tests.conftest import PASSWORD, ClientFor, make_user
from tests.workspaces.inviting import DORA, make_project, role_of, send, sent_emails, token_in
from workspaces import invitation_emails
from workspaces.models import Invitation, Member, Project

pytestmark = pytest.mark.django_db

Answer = Any


@pytest.fixture
def project(alice: User) -> Project:
    return make_project(alice)


@pytest.fixture
def address(project: Project) -> str:
    return f"/api/projects/{project.id}/invitations"


@pytest.fixture
def owner(alice: User, client_for: ClientFor) -> APIClient:
    return client_for(alice)


@pytest.fixture
def mailed(owner: APIClient, address: str, django_capture_on_commit_callbacks: Committing) -> str:
    """The token in the email of an invitation of dora."""
    with django_capture_on_commit_callbacks(execute=True):
        assert owner.post(address, {"email": DORA, "role": "viewer"}).status_code == 201
    return token_in(sent_emails()[-1])


def code_of(answer: Answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_inviting_and_inviting_again(owner: APIClient, address: str, alice: User) -> None:
    first: Answer = owner.post(address, {"email": "Dora@Example.org", "role": "viewer"})
    body = first.json()
    assert (first.status_code, body["message"]) == (201, "Invitation sent successfully")
    shown = body["invitation"]
    assert (shown["email"], shown["role"], shown["state"]) == (DORA, "viewer", "open")
    assert (shown["invitedBy"], shown["sentCount"]) == ({"id": str(alice.id), "name": "Alice"}, 1)
    again: Answer = owner.post(address, {"email": DORA, "role": "owner"})
    assert (again.status_code, again.json()["invitation"]) == (200, {**shown, "role": "owner"})
    listed: Answer = owner.get(address)
    assert listed.json()["invitations"] == [{**shown, "role": "owner"}]
    assert "oken" not in str(listed.json())


def test_inviting_a_member(owner: APIClient, address: str) -> None:
    answer: Answer = owner.post(address, {"email": "alice@example.org", "role": "viewer"})
    assert (answer.status_code, answer.json()) == (
        200,
        {"message": "This person is a member already", "invitation": None},
    )


def test_adding_an_address_without_an_account_invites_it(
    owner: APIClient, address: str, project: Project
) -> None:
    members = f"/api/projects/{project.id}/members"
    added: Answer = owner.post(members, {"email": DORA, "role": "viewer"})
    body = added.json()
    assert (added.status_code, body["message"], body["member"]) == (
        201,
        "Invitation sent successfully",
        None,
    )
    assert owner.get(address).json()["invitations"] == [body["invitation"]]
    again: Answer = owner.post(members, {"email": DORA, "role": "owner"})
    assert (again.status_code, again.json()["invitation"]["role"]) == (200, "owner")


def test_adding_a_suspended_member_again_changes_nothing(
    owner: APIClient, bob: User, project: Project
) -> None:
    members = f"/api/projects/{project.id}/members"
    body = {"email": "bob@example.org", "role": "viewer"}
    first: Answer = owner.post(members, body)
    User.objects.filter(id=bob.id).update(is_active=False)
    again: Answer = owner.post(members, {**body, "role": "owner"})
    assert (again.status_code, again.json()["member"]) == (200, first.json()["member"])
    assert not Invitation.objects.exists()


def test_sending_again_and_revoking(owner: APIClient, address: str, alice: User) -> None:
    invitation = send(alice, Project.objects.get())
    Invitation.objects.update(expires_at=timezone.now())
    assert owner.get(address).json()["invitations"][0]["state"] == "expired"
    answer: Answer = owner.post(f"{address}/{invitation.id}/resend")
    shown = answer.json()["invitation"]
    assert (shown["state"], shown["sentCount"]) == ("open", 2)
    assert owner.delete(f"{address}/{invitation.id}").status_code == 200
    for again in (owner.delete(f"{address}/{invitation.id}"), owner.post(f"{address}/1/resend")):
        assert code_of(again) == (404, "invitation.not_found")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"email": "dora", "role": "viewer"}, "email"),
        ({"email": DORA, "role": "boss"}, "role"),
        ({"email": DORA}, "role"),
        ({"role": "viewer"}, "email"),
        ({"email": DORA, "role": "viewer", "text": "Buy!"}, "text"),
        ({"email": [DORA], "role": "viewer"}, "email"),
        ({"email": f"{'x' * 300}@example.org", "role": "viewer"}, "email"),
    ],
)
def test_invalid_invitations(owner: APIClient, address: str, body: Any, field: str) -> None:
    answer: Answer = owner.post(address, body)
    assert code_of(answer) == (400, "validation")
    assert [each["field"] for each in answer.json()["errors"]] == [field]
    assert not Invitation.objects.exists()


def test_a_full_queue_of_emails_is_503(
    owner: APIClient, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise ServerUnavailableError(retry_after_s=RETRY_AFTER_S)

    monkeypatch.setattr(invitation_emails, "check_room_for_email", refuse)
    answer: Answer = owner.post(address, {"email": DORA, "role": "viewer"})
    assert code_of(answer) == (503, "server.unavailable")
    assert answer["Retry-After"] == str(RETRY_AFTER_S)


def test_signed_out_the_mailed_token_shows_the_offer_and_nothing_else(
    visitor: APIClient, mailed: str
) -> None:
    answer: Answer = visitor.get(f"/api/invitations/{mailed}")
    assert answer.json() == {
        "invitation": {
            "projectName": "Town hall",
            "inviterName": "Alice",
            "role": "viewer",
            "email": "d…@example.org",
        }
    }


def test_registering_with_the_invited_address_finds_the_invitation(
    visitor: APIClient, owner: APIClient, address: str, project: Project
) -> None:
    owner.post(address, {"email": DORA, "role": "collaborator"})
    registered: Answer = visitor.post(
        "/api/auth/register", {"name": "Dora", "email": "DORA@example.org", "password": PASSWORD}
    )
    token = registered.json()["tokens"]["accessToken"]
    visitor.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    [own] = visitor.get("/api/invitations").json()["invitations"]
    assert own["project"] == {"id": str(project.id), "name": "Town hall"}
    assert (own["invitedBy"]["name"], own["role"]) == ("Alice", "collaborator")
    offer: Answer = visitor.get(f"/api/invitations/{own['token']}")
    assert offer.json()["invitation"]["projectName"] == "Town hall"
    accepted: Answer = visitor.post(f"/api/invitations/{own['token']}/accept")
    assert accepted.json()["project"]["role"] == "collaborator"
    assert visitor.get("/api/invitations").json()["invitations"] == []
    assert visitor.get(f"/api/projects/{project.id}").status_code == 200


def test_declining(client_for: ClientFor, mailed: str, project: Project) -> None:
    dora = make_user("Dora")
    client = client_for(dora)
    answer: Answer = client.post(f"/api/invitations/{mailed}/decline")
    assert answer.json() == {"message": "Invitation declined successfully"}
    assert code_of(client.post(f"/api/invitations/{mailed}/accept"))[0] == 404
    assert role_of(dora, project) is None


def test_another_account_is_told_so_by_the_mailed_token_only(
    bob: User, client_for: ClientFor, mailed: str
) -> None:
    client = client_for(bob)
    for answer in ("accept", "decline"):
        refused: Answer = client.post(f"/api/invitations/{mailed}/{answer}")
        assert code_of(refused) == (403, "invitation.other_address")
        assert DORA not in refused.content.decode()


def test_unknown_revoked_declined_and_foreign_tokens_look_alike(
    owner: APIClient, address: str, bob: User, client_for: ClientFor, mailed: str, alice: User
) -> None:
    """To the byte, with the same headers, over every endpoint."""
    foreign = send(alice, Project.objects.get(), "erik@example.org")
    revoked = Invitation.objects.get(email=DORA)
    owner.delete(f"{address}/{revoked.id}")
    client = client_for(bob)
    for method, suffix in (("get", ""), ("post", "/accept"), ("post", "/decline")):
        answers = [
            getattr(client, method)(f"/api/invitations/{token}{suffix}")
            for token in ("unknown", mailed, revoked.id, foreign.id)
        ]
        assert {answer.status_code for answer in answers} == {404}
        shown = {
            (
                answer.content,
                *((name, value) for name, value in answer.items() if name != "X-Request-Id"),
            )
            for answer in answers
        }
        assert len(shown) == 1


def test_an_expired_invitation(visitor: APIClient, client_for: ClientFor, mailed: str) -> None:
    client = client_for(make_user("Dora"))
    Invitation.objects.update(expires_at=timezone.now())
    for answer in (
        visitor.get(f"/api/invitations/{mailed}"),
        client.post(f"/api/invitations/{mailed}/accept"),
    ):
        assert code_of(answer) == (409, "invitation.expired")
    assert client.get("/api/invitations").json()["invitations"] == []


def test_repeating_a_request_with_its_key_sends_one_email(
    owner: APIClient, address: str, django_capture_on_commit_callbacks: Committing
) -> None:
    body = {"email": DORA, "role": "viewer"}
    with django_capture_on_commit_callbacks(execute=True):
        answers = [
            owner.post(address, body, headers={"Idempotency-Key": "invite-dora"}) for _ in range(2)
        ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert len(sent_emails()) == 1


def test_lists_take_the_same_number_of_queries_whatever_is_in_them(
    alice: User,
    project: Project,
    owner: APIClient,
    address: str,
    client_for: ClientFor,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    dora = client_for(make_user("Dora"))
    for number in range(8):
        send(alice, project, f"{number}@example.org")
        Invitation.objects.create(
            project=make_project(alice, name=f"Project {number}"),
            email=DORA,
            role="viewer",
            token_hash=str(number),
            invited_by=alice,
            sent_at=timezone.now(),
            expires_at=timezone.now() + timedelta(days=1),
            created_at=timezone.now(),
        )
    with django_assert_num_queries(6):
        assert len(owner.get(address).json()["invitations"]) == 8
    with django_assert_num_queries(4):
        assert len(dora.get("/api/invitations").json()["invitations"]) == 8
    assert Member.objects.filter(user__name="Dora").count() == 0
