"""Access to the account endpoints: each kind of client against each endpoint."""

from typing import Any

import pytest
from django.db import transaction

from accounts import urls
from accounts.events import AccessEnded
from accounts.models import User
from accounts.services import end_access, restore_user, suspend_user
from accounts.sign_in import open_token_family
from realtime import SITE_TOPIC
from tests.accounts.conftest import bearer
from tests.conftest import PASSWORD, ClientFor, access_token, actor_of

pytestmark = pytest.mark.django_db

PEOPLE = ("owner", "stranger", "guest", "visitor", "staff", "suspended")
EVERYBODY = (200,) * 6
SIGNED_IN = (200, 200, 200, 401, 200, 401)
ACCOUNTS = (200, 200, 403, 401, 200, 401)

# The status that each of PEOPLE gets from each endpoint. Signing in and out ignore tokens; creating
# an account (201) refuses an invalid one. The email is in use, the tokens are invalid.
EXPECTED: dict[tuple[str, str], tuple[int, ...]] = {
    ("post", "auth/register"): (409,) * 6,
    ("post", "auth/login"): (401,) * 6,
    ("post", "auth/refresh"): (401,) * 6,
    ("post", "auth/logout"): (401,) * 6,
    ("post", "auth/guest"): (201,) * 6,
    ("post", "auth/password/change"): (400, 400, 403, 401, 400, 401),
    # The sixth for one email within an hour.
    ("post", "auth/password/reset"): (200, 200, 200, 200, 200, 429),
    ("post", "auth/password/reset/confirm"): (400,) * 6,
    ("post", "auth/email/confirm"): (400,) * 6,
    ("get", "auth/me"): SIGNED_IN,
    ("get", "users"): ACCOUNTS,
    ("post", "users"): (409, 409, 409, 409, 409, 401),
    ("get", "users/me"): SIGNED_IN,
    ("put", "users/me"): SIGNED_IN,
    ("patch", "users/me"): SIGNED_IN,
    ("put", "users/me/status"): SIGNED_IN,
    ("get", "users/profile"): SIGNED_IN,
    ("get", "users/search"): ACCOUNTS,
    ("get", "users/<id:user_id>"): ACCOUNTS,
}
BODIES: dict[str, dict[str, Any]] = {
    "auth/register": {"name": "Alice", "email": "alice@example.org", "password": PASSWORD},
    "users": {"name": "Alice", "email": "alice@example.org", "password": PASSWORD},
    "auth/login": {"email": "alice@example.org", "password": "wrong horse"},
    "auth/refresh": {"refreshToken": "nonsense"},
    "auth/logout": {"refreshToken": "nonsense"},
    "auth/password/change": {"currentPassword": "wrong horse", "newPassword": PASSWORD},
    "auth/password/reset": {"email": "nobody@example.org"},
    "auth/password/reset/confirm": {"token": "nonsense", "newPassword": PASSWORD},
    "auth/email/confirm": {"token": "nonsense"},
    "users/me": {"name": "Changed"},
    "users/me/status": {"status": "busy"},
    "users/search": {"q": "alice"},
}
# Bodies of writes to these are not sent as queries of reads.
WITHOUT_QUERY = {("get", "users"), ("get", "users/me")}


@pytest.fixture
def suspended(bob: User, staff: User) -> str:
    """A token of a user who was suspended since."""
    token = access_token(bob)
    suspend_user(actor=actor_of(staff), user_id=bob.id, reason="spam")
    return token


def endpoints() -> set[tuple[str, str]]:
    """Every method of every URL of the app."""
    found = set()
    for pattern in urls.urlpatterns:
        for method in pattern.callback.actions:  # type: ignore[attr-defined]
            if method != "head":
                found.add((method, str(pattern.pattern)))
    return found


def test_the_table_has_every_endpoint() -> None:
    assert set(EXPECTED) == endpoints()


@pytest.mark.parametrize(("method", "address"), EXPECTED)
def test_every_client_gets_the_status_in_the_table(
    alice: User,
    charlie: User,
    guest: User,
    staff: User,
    suspended: str,
    client_for: ClientFor,
    method: str,
    address: str,
) -> None:
    path = "/api/" + address.replace("<id:user_id>", str(alice.id))
    clients = [client_for(person) for person in (alice, charlie, guest, None, staff)]
    clients.append(bearer(suspended))
    sent = None if (method, address) in WITHOUT_QUERY else BODIES.get(address)
    responses = [getattr(client, method)(path, sent) for client in clients]
    assert tuple(response.status_code for response in responses) == EXPECTED[method, address]
    for response in responses:
        if response.status_code == 401:
            assert response.json()["message"].startswith("Authentication")


def test_a_user_cannot_change_another_account(
    alice: User, charlie: User, client_for: ClientFor
) -> None:
    """No URL for writes contains a user id: clients can only write to their own account."""
    client_for(charlie).put("/api/users/me", {"name": "Changed", "email": "c@example.org"})
    client_for(charlie).put("/api/users/me/status", {"status": "busy"})
    responses = [
        getattr(client_for(charlie), method)(f"/api/users/{alice.id}", {"name": "Changed"})
        for method in ("put", "patch", "delete", "post")
    ]
    assert {response.status_code for response in responses} == {405}
    alice.refresh_from_db()
    assert (alice.name, alice.email, alice.status) == ("Alice", "alice@example.org", "offline")


def test_a_suspended_user_is_refused_immediately_with_the_reason(bob: User, staff: User) -> None:
    tokens = open_token_family(user=bob)
    client = bearer(tokens.access)
    assert client.get("/api/polls").status_code == 200
    suspend_user(actor=actor_of(staff), user_id=bob.id, reason="spam")
    for address in ("/api/polls", "/api/users/me", "/api/votes/my-votes"):
        response = client.get(address)
        assert (response.status_code, response.json()["code"]) == (401, "account.suspended")


def test_a_restored_user_can_sign_in_again(bob: User, staff: User) -> None:
    old = bearer(access_token(bob))
    suspend_user(actor=actor_of(staff), user_id=bob.id, reason="spam")
    restore_user(actor=actor_of(staff), user_id=bob.id)
    assert old.get("/api/users/me").status_code == 401
    assert bearer(access_token(bob)).get("/api/users/me").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_ending_access_is_published_after_the_commit(
    bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sockets would close without it, too, but only at the next check of the database."""
    published: list[tuple[str, object]] = []
    monkeypatch.setattr("accounts.services.publish", lambda *event: published.append(event))
    with transaction.atomic():
        end_access(user_id=bob.id, is_suspended=True)
        assert published == []
    assert published == [(SITE_TOPIC, AccessEnded(user_id=bob.id, is_suspended=True))]
