"""Guests can vote without an account, but cannot create polls."""

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from tests.accounts.conftest import Post, bearer
from tests.conftest import ClientFor, MakePoll, option_ids

pytestmark = pytest.mark.django_db


def test_a_guest_can_have_a_name(post: Post) -> None:
    response = post("guest", name="Grace")
    body = response.json()
    assert response.status_code == 201
    assert set(body) == {"message", "user", "tokens", "renewalToken"}
    assert body["message"] == "Guest created successfully"
    assert (body["user"]["name"], body["user"]["email"]) == ("Grace", None)
    guest = User.objects.get()
    assert (guest.is_guest, guest.has_usable_password()) == (True, False)
    shown = bearer(body["tokens"]["accessToken"]).get("/api/auth/me").json()["user"]
    assert (shown["id"], shown["isGuest"]) == (str(guest.id), True)


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": "  "}, None])
def test_a_guest_needs_no_name(visitor: APIClient, body: dict[str, str] | None) -> None:
    response = visitor.post("/api/auth/guest", body)
    assert (response.status_code, response.json()["user"]["name"]) == (201, "Guest")


def test_guests_may_share_a_name(post: Post) -> None:
    assert {post("guest", name="Grace").json()["user"]["id"] for _ in range(2)} == {
        str(user.id) for user in User.objects.all()
    }


@pytest.mark.django_db(transaction=True)
def test_a_guest_can_vote(post: Post, make_poll: MakePoll) -> None:
    poll = make_poll()
    client = bearer(post("guest").json()["tokens"]["accessToken"])
    body = {"pollOptionId": str(option_ids(poll)[0])}
    assert client.post(f"/api/polls/{poll.id}/vote", body).status_code == 201
    assert client.get("/api/users/me").json()["user"]["voteCount"] == 1


def test_a_guest_may_not_create(guest: User, client_for: ClientFor) -> None:
    body = {"question": "Tea or coffee?", "options": ["Tea", "Coffee"]}
    response = client_for(guest).post("/api/polls", body)
    assert (response.status_code, response.json()["code"]) == (403, "auth.account_required")


def test_a_guest_may_change_the_name_and_has_no_email(guest: User, client_for: ClientFor) -> None:
    client = client_for(guest)
    assert client.put("/api/users/me", {"name": "Grace"}).json()["user"]["name"] == "Grace"
    response = client.put("/api/users/me", {"email": "grace@example.org"})
    assert (response.status_code, response.json()["code"]) == (403, "auth.account_required")
    guest.refresh_from_db()
    assert guest.email is None


def test_a_guest_can_refresh_tokens(post: Post) -> None:
    tokens = post("guest").json()["tokens"]
    again = post("refresh", refreshToken=tokens["refreshToken"]).json()["tokens"]
    assert bearer(again["accessToken"]).get("/api/auth/me").json()["user"]["isGuest"] is True
