"""Guests of API clients and frames are renewed, and merged into accounts."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import signing
from rest_framework.test import APIClient

from accounts.browser_guests import _SALT as COOKIE_SALT
from accounts.guests import issue_renewal_token, sign_user_id
from accounts.models import User
from accounts.services import suspend_user
from tests.accounts.conftest import bearer
from tests.conftest import PASSWORD, MakePoll, access_token, actor_of, vote
from tests.votes.conftest import counts

pytestmark = pytest.mark.django_db(transaction=True)


def renew(token: str) -> Any:
    return APIClient().post("/api/auth/guest", {"renewalToken": token})


def test_a_renewed_guest_is_the_same_guest(make_poll: MakePoll) -> None:
    first = APIClient().post("/api/auth/guest", {"name": "Grace"}).json()
    guest = User.objects.get(is_guest=True)
    vote(guest, poll := make_poll(), 0)
    response = renew(first["renewalToken"])
    assert (response.status_code, response.json()["user"]["id"]) == (200, str(guest.id))
    again = bearer(response.json()["tokens"]["accessToken"])
    assert again.get(f"/api/polls/{poll.id}/my-vote").json()["hasVoted"]
    assert renew(response.json()["renewalToken"]).status_code == 200
    assert User.objects.filter(is_guest=True).count() == 1


def test_forged_renewal_tokens_are_refused(guest: User, bob: User) -> None:
    good = issue_renewal_token(guest)
    others = [
        good[:-1],
        good.replace(guest.id.hex, bob.id.hex),
        guest.id.hex,
        access_token(guest),
        # Validly signed, but for another purpose or for an account.
        sign_user_id(guest.id, salt=COOKIE_SALT),
        issue_renewal_token(bob),
        signing.TimestampSigner(salt="accounts.guest-renewal").sign("no id"),
    ]
    for token in others:
        response = renew(token)
        assert (response.status_code, response.json()["code"]) == (401, "auth.token_invalid"), token


def test_a_renewal_token_expires(guest: User, monkeypatch: pytest.MonkeyPatch) -> None:
    token = issue_renewal_token(guest)
    monkeypatch.setattr("accounts.guests.GUEST_REMEMBERED_FOR", timedelta(seconds=-1))
    response = renew(token)
    assert (response.status_code, response.json()["code"]) == (401, "auth.token_invalid")


def test_a_suspended_guest_is_neither_renewed_nor_replaced(guest: User, staff: User) -> None:
    suspend_user(actor=actor_of(staff), user_id=guest.id, reason="spam")
    response = renew(issue_renewal_token(guest))
    assert (response.status_code, response.json()["code"]) == (401, "account.suspended")


def sign_in(way: str, token: str, **headers: str) -> Any:
    body = {"email": "new@example.org", "password": PASSWORD}
    if way != "auth/login":
        body["name"] = "New"
    return APIClient().post(
        f"/api/{way}", body, headers={"Authorization": f"Bearer {token}", **headers}
    )


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "0123456789abcdef"}])
@pytest.mark.parametrize("way", ["auth/login", "auth/register", "users"])
def test_signing_in_with_a_guests_token_merges_the_guest(
    guest: User, make_poll: MakePoll, way: str, headers: dict[str, str]
) -> None:
    if way == "auth/login":
        user = User(name="New", email="new@example.org")
        user.set_password(PASSWORD)
        user.save()
    poll = make_poll()
    vote(guest, poll, 0)
    assert sign_in(way, access_token(guest), **headers).status_code in (200, 201)
    account = User.objects.get(email="new@example.org")
    guest.refresh_from_db()
    assert (guest.merged_into, counts(poll)) == (account, [1, 0, 0])
    assert account.votes.count() == 1


@pytest.mark.parametrize("token", ["", "nonsense", "bob's", "suspended"])
def test_other_tokens_are_ignored_and_merge_nobody(
    guest: User, bob: User, staff: User, token: str
) -> None:
    if token == "bob's":
        token = access_token(bob)
    elif token == "suspended":
        token = access_token(guest)
        suspend_user(actor=actor_of(staff), user_id=guest.id, reason="spam")
    assert sign_in("auth/register", token).status_code == 201
    assert not User.objects.filter(merged_into__isnull=False).exists()
