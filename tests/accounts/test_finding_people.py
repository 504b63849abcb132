"""Finding users by list, search and id, and what it reveals of them."""

import unicodedata
from typing import Any

import pytest

from accounts.models import User
from tests.conftest import ClientFor, make_user

pytestmark = [pytest.mark.both, pytest.mark.django_db]

QueryLimit = Any


def names(response: Any) -> list[str]:
    assert response.status_code == 200, response.json()
    return [user["name"] for user in response.json()["users"]]


def test_the_list_shows_accounts_newest_first(
    alice: User, bob: User, guest: User, client_for: ClientFor
) -> None:
    suspended = make_user("Mallory", is_active=False)
    response = client_for(alice).get("/api/users")
    assert names(response) == ["Bob", "Alice"]
    assert response.json()["pagination"] == {
        "page": 1,
        "limit": 10,
        "totalCount": 2,
        "totalPages": 1,
        "nextCursor": None,
    }
    assert suspended.name not in names(client_for(alice).get("/api/users/search?q=mallory"))


def test_an_email_is_shown_to_its_owner_and_to_staff_only(
    alice: User, bob: User, staff: User, client_for: ClientFor
) -> None:
    def emails(asker: User) -> dict[str, str | None]:
        users = client_for(asker).get("/api/users").json()["users"]
        return {user["name"]: user["email"] for user in users}

    assert emails(alice) == {"Alice": "alice@example.org", "Bob": None, "Staff": None}
    assert emails(staff) == {
        "Alice": "alice@example.org",
        "Bob": "bob@example.org",
        "Staff": "staff@example.org",
    }
    for asker, shown in ((bob, "bob@example.org"), (alice, None), (staff, "bob@example.org")):
        user = client_for(asker).get(f"/api/users/{bob.id}").json()["user"]
        assert user == {
            "id": str(bob.id),
            "name": "Bob",
            "status": "offline",
            "statusText": "",
            "email": shown,
        }


def test_the_search_finds_parts_of_names_in_any_case(
    alice: User, bob: User, client_for: ClientFor
) -> None:
    client = client_for(bob)
    assert names(client.get("/api/users/search?q=LIC")) == ["Alice"]
    assert names(client.get("/api/users/search?q=zzz")) == []


def test_the_search_finds_a_name_however_it_is_composed(alice: User, client_for: ClientFor) -> None:
    make_user("Zoë")
    query = {"q": unicodedata.normalize("NFD", "oë")}
    assert names(client_for(alice).get("/api/users/search", query)) == ["Zoë"]


@pytest.mark.parametrize("query", ["%", "_", "a%e", "\\", "'", '"', "*"])
def test_like_wildcards_are_literal(alice: User, client_for: ClientFor, query: str) -> None:
    assert names(client_for(alice).get("/api/users/search", {"q": query})) == []


def test_others_cannot_search_by_email(
    alice: User, bob: User, staff: User, client_for: ClientFor
) -> None:
    address = "/api/users/search?q=alice@example"
    assert names(client_for(bob).get(address)) == []
    assert names(client_for(staff).get(address)) == ["Alice"]


@pytest.mark.parametrize("query", ["", "q=", "q=%20", "q=%00", "q=" + "x" * 81])
def test_a_search_needs_a_text(alice: User, client_for: ClientFor, query: str) -> None:
    response = client_for(alice).get(f"/api/users/search?{query}")
    assert (response.status_code, response.json()["code"]) == (400, "validation")
    assert [error["field"] for error in response.json()["errors"]] == ["q"]


def test_pages_have_the_requested_length(alice: User, client_for: ClientFor) -> None:
    for number in range(4):
        make_user(f"Person {number}")
    client = client_for(alice)
    assert names(client.get("/api/users?page=2&limit=2")) == ["Person 1", "Person 0"]
    assert names(client.get("/api/users?page=9")) == []
    response = client.get("/api/users/search?q=person&limit=3&page=2")
    assert names(response) == ["Person 0"]
    assert response.json()["pagination"] == {
        "page": 2,
        "limit": 3,
        "totalCount": 4,
        "totalPages": 2,
        "nextCursor": None,
    }


@pytest.mark.parametrize("address", ["/api/users", "/api/users/search?q=person"])
def test_the_number_of_queries_does_not_depend_on_the_number_of_users(
    alice: User, client_for: ClientFor, django_assert_num_queries: QueryLimit, address: str
) -> None:
    client = client_for(alice)
    for number in range(6):
        make_user(f"Person {number}")
        # Who asks, how many there are, the page.
        with django_assert_num_queries(3):
            assert client.get(address).status_code == 200


@pytest.mark.parametrize("who", ["guest", "suspended", "nobody"])
def test_guests_suspended_and_missing_users_are_refused_alike(
    alice: User, guest: User, client_for: ClientFor, who: str
) -> None:
    ids = {
        "guest": guest.id,
        "suspended": make_user("Mallory", is_active=False).id,
        "nobody": "01985c2e-7a4b-7c11-9f0e-3f3b1c7d2a10",
    }
    response = client_for(alice).get(f"/api/users/{ids[who]}")
    assert response.status_code == 404
    assert response.json() == {
        "error": "Not Found",
        "code": "account.not_found",
        "message": "There is no such user.",
    }


def test_a_guest_can_read_their_own_account(guest: User, client_for: ClientFor) -> None:
    assert client_for(guest).get(f"/api/users/{guest.id}").json()["user"]["name"] == "Guest"
