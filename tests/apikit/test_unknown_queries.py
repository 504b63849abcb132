"""Unknown query parameters are refused, like unknown fields."""

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from apikit.views import MAX_QUERY_ERRORS
from tests.conftest import ClientFor, MakePoll

pytestmark = pytest.mark.django_db

POLL = "01985c2e-8f10-7d52-b3a4-6a0c5e9d4f21"


def test_a_misspelled_filter_is_named_beside_those_there_are(visitor: APIClient) -> None:
    response = visitor.get("/api/polls?stat=open&page=1")
    assert (response.status_code, response.json()["code"]) == (400, "validation")
    [error] = response.json()["errors"]
    assert error["field"] == "stat"
    assert (
        "page, limit, cursor, published, creator, workspace, project, state, search"
        in error["message"]
    )


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("get", "/api"),
        ("get", "/api/users"),
        ("get", "/api/users/search?q=a"),
        ("get", "/api/votes/my-votes"),
        ("get", f"/api/polls/{POLL}"),
        ("get", f"/api/polls/{POLL}/results"),
        ("get", f"/api/polls/{POLL}/timeline"),
        ("get", f"/api/polls/{POLL}/export?format=csv"),
        ("get", "/api/polls/code/123456"),
        ("get", "/api/auth/me"),
        ("post", "/api/auth/guest"),
        ("post", "/api/polls"),
        ("put", f"/api/polls/{POLL}/close"),
        ("delete", f"/api/polls/{POLL}"),
        ("post", f"/api/polls/{POLL}/vote"),
        ("delete", f"/api/v1/polls/{POLL}/my-vote/"),
    ],
)
def test_every_call_refuses_them(
    alice: User, client_for: ClientFor, method: str, address: str
) -> None:
    query = "&" if "?" in address else "?"
    response = getattr(client_for(alice), method)(f"{address}{query}nonsense=1")
    assert (response.status_code, response.json()["code"]) == (400, "validation")
    assert [error["field"] for error in response.json()["errors"]] == ["nonsense"]


def test_who_has_to_sign_in_is_told_so_first(visitor: APIClient) -> None:
    assert visitor.get("/api/votes/my-votes?nonsense=1").status_code == 401


def test_a_parameter_sent_twice_is_refused(visitor: APIClient) -> None:
    [error] = visitor.get("/api/polls?page=1&page=2").json()["errors"]
    assert error == {"field": "page", "message": "This query parameter was sent more than once."}


def test_no_more_is_said_than_helps(visitor: APIClient) -> None:
    query = "&".join(f"{'x' * 300}{number}=1" for number in range(50))
    response = visitor.get(f"/api/polls?{query}")
    assert len(response.json()["errors"]) == MAX_QUERY_ERRORS
    assert len(response.content) < 4_000


@pytest.mark.parametrize("address", ["/api/polls?_=1764384000", "/health?probe=lb"])
def test_cache_busters_and_probes_are_let_through(visitor: APIClient, address: str) -> None:
    assert visitor.get(address).status_code == 200


def test_pages_take_what_campaigns_append(make_poll: MakePoll, visitor: APIClient) -> None:
    address = f"/p/{make_poll().join_code}?utm_source=mail"
    assert visitor.get(address, headers={"Accept": "text/html"}).status_code == 200
