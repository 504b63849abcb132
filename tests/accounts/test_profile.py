"""Your own account: reading and changing it, and setting the status."""

from typing import Any

import pytest

from accounts.models import User
from tests.conftest import ClientFor, MakePoll, vote

pytestmark = pytest.mark.django_db

ADDRESSES = ["/api/auth/me", "/api/users/me", "/api/users/profile"]
QueryLimit = Any


@pytest.mark.django_db(transaction=True)
def test_the_three_addresses_show_the_same(
    alice: User, bob: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll, other = make_poll(), make_poll(is_published=False)
    vote(alice, poll, 0)
    vote(bob, poll, 0)
    responses = [client_for(alice).get(address) for address in ADDRESSES]
    assert {response.status_code for response in responses} == {200}
    assert responses[0].json() == responses[1].json() == responses[2].json()
    alice.refresh_from_db()
    assert responses[0].json() == {
        "user": {
            "id": str(alice.id),
            "name": "Alice",
            "email": "alice@example.org",
            "pendingEmail": None,
            "isGuest": False,
            "status": "offline",
            "statusText": "",
            "digest": "off",
            "createdAt": alice.created_at.isoformat().replace("+00:00", "Z"),
            "updatedAt": alice.updated_at.isoformat().replace("+00:00", "Z"),
            "pollCount": 2,
            "voteCount": 1,
        }
    }
    assert other.creator_id == alice.id


@pytest.mark.parametrize("address", ADDRESSES)
def test_reading_ones_account_costs_four_queries(
    alice: User, client_for: ClientFor, django_assert_num_queries: QueryLimit, address: str
) -> None:
    client = client_for(alice)
    # Who asks, the account, and one for each count.
    with django_assert_num_queries(4):
        client.get(address)


def test_the_digest_is_chosen(alice: User, guest: User, client_for: ClientFor) -> None:
    client = client_for(alice)
    for digest in ("weekly", "daily", "off"):
        changed = client.patch("/api/users/me", {"digest": digest})
        assert (changed.status_code, changed.json()["user"]["digest"]) == (200, digest)
    assert client.patch("/api/users/me", {"digest": "hourly"}).status_code == 400
    refused = client_for(guest).patch("/api/users/me", {"digest": "daily"})
    assert refused.json()["code"] == "auth.account_required"


def test_the_name_is_changed(alice: User, client_for: ClientFor) -> None:
    client = client_for(alice)

    def put(**body: str) -> tuple[str, str]:
        response = client.put("/api/users/me", body)
        assert response.status_code == 200
        assert response.json()["message"] == "Profile updated successfully"
        return response.json()["user"]["name"], response.json()["user"]["email"]

    assert put(name="Alicia") == ("Alicia", "alice@example.org")
    assert put(name="Al", email="ALICE@example.org") == ("Al", "alice@example.org")
    assert put() == ("Al", "alice@example.org")


def test_a_change_moves_updated_at_and_nothing_else(alice: User, client_for: ClientFor) -> None:
    before = client_for(alice).get("/api/users/me").json()["user"]
    after = client_for(alice).put("/api/users/me", {"name": "Alicia"}).json()["user"]
    assert after["updatedAt"] > before["updatedAt"]
    changed = {key for key in before if before[key] != after[key]}
    assert changed == {"name", "updatedAt"}


def test_ones_own_email_is_no_conflict(alice: User, client_for: ClientFor) -> None:
    assert client_for(alice).put("/api/users/me", {"email": "alice@example.org"}).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"name": None},
        {"name": 7},
        {"email": None},
        {"email": "nonsense"},
        {"isStaff": True},
        {"is_superuser": True},
        {"status": "online"},
        {"password": "incorrect mule charger"},
        {"id": "01985c2e-7a4b-7c11-9f0e-3f3b1c7d2a10"},
        ["name"],
    ],
)
def test_what_may_not_be_changed_here_is_refused(
    alice: User, client_for: ClientFor, body: Any
) -> None:
    response = client_for(alice).put("/api/users/me", body)
    assert (response.status_code, response.json()["code"]) == (400, "validation")


@pytest.mark.parametrize("status", ["online", "away", "busy", "offline"])
def test_a_status_is_said_with_a_text_or_without(
    guest: User, client_for: ClientFor, status: str
) -> None:
    client = client_for(guest)
    response = client.put("/api/users/me/status", {"status": status, "text": "On stage"})
    assert (response.status_code, response.json()["message"]) == (
        200,
        "Status updated successfully",
    )
    assert response.json()["user"]["status"] == status
    assert response.json()["user"]["statusText"] == "On stage"
    response = client.put("/api/users/me/status", {"status": status})
    assert response.json()["user"]["statusText"] == ""


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": "On stage"},
        {"status": "invisible"},
        {"status": "ONLINE"},
        {"status": None},
        {"status": ["online"]},
        {"status": {"is": "online"}},
        {"status": True},
        {"status": "online", "text": "x" * 141},
        {"status": "online", "text": "bell\x07"},
        {"status": "online", "text": None},
        {"status": "online", "mood": "fine"},
    ],
)
def test_what_is_no_status_is_refused(alice: User, client_for: ClientFor, body: Any) -> None:
    response = client_for(alice).put("/api/users/me/status", body)
    assert (response.status_code, response.json()["code"]) == (400, "validation")
    alice.refresh_from_db()
    assert alice.status == "offline"
