"""The general limit on requests, per user or per address without a token."""

import time

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import User
from apikit.throttling import FixedWindow
from tests.conftest import ClientFor

pytestmark = pytest.mark.django_db


@pytest.fixture
def two_a_minute(limited: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    limited.RATE_LIMIT_MAX_REQUESTS = 2
    limited.RATE_LIMIT_WINDOW_SECONDS = 60
    # In the middle of a window, so that it does not end during a test.
    moment = time.time() // 60 * 60 + 20.5
    monkeypatch.setattr(time, "time", lambda: moment)


@pytest.mark.usefixtures("two_a_minute")
def test_past_the_maximum_one_is_asked_to_wait_for_the_window_to_end(
    alice: User, client_for: ClientFor
) -> None:
    client = client_for(alice)
    responses = [client.get("/api/polls") for _ in range(3)]
    assert [response.status_code for response in responses] == [200, 200, 429]
    assert responses[2].json() == {
        "error": "Too Many Requests",
        "code": "rate_limited",
        "message": "Too many requests: wait a moment, then try again.",
    }
    assert responses[2].headers["Retry-After"] == "40"


@pytest.mark.usefixtures("two_a_minute")
def test_all_addresses_and_sign_ins_of_a_person_count_together(
    alice: User, client_for: ClientFor
) -> None:
    requests = [
        (client_for(alice), "/api/polls"),
        (client_for(alice), "/api/users"),
        (client_for(alice), "/api/auth/me"),
    ]
    assert [client.get(path).status_code for client, path in requests] == [200, 200, 429]


@pytest.mark.usefixtures("two_a_minute")
def test_people_behind_one_address_do_not_count_together(
    alice: User, bob: User, client_for: ClientFor
) -> None:
    for user in (alice, bob):
        client = client_for(user)
        assert {client.get("/api/polls").status_code for _ in range(2)} == {200}


@pytest.mark.usefixtures("two_a_minute")
def test_visitors_are_counted_by_their_address() -> None:
    here, there = APIClient(REMOTE_ADDR="192.0.2.1"), APIClient(REMOTE_ADDR="192.0.2.2")
    assert [here.get("/api/polls").status_code for _ in range(3)] == [200, 200, 429]
    assert there.get("/api/polls").status_code == 200


@pytest.mark.usefixtures("two_a_minute")
def test_what_a_client_says_of_its_address_is_not_believed() -> None:
    def status(claimed: str) -> int:
        client = APIClient(REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR=claimed)
        return int(client.get("/api/polls").status_code)

    assert [status(f"10.0.0.{number}") for number in range(3)] == [200, 200, 429]


@pytest.mark.usefixtures("two_a_minute")
def test_a_limited_client_can_still_see_how_the_service_is(visitor: APIClient) -> None:
    assert {visitor.get("/health").status_code for _ in range(4)} == {200}


def test_zero_disables_the_limit(visitor: APIClient, limited: Settings) -> None:
    limited.RATE_LIMIT_MAX_REQUESTS = 0
    assert {visitor.get("/api/polls").status_code for _ in range(5)} == {200}


def test_a_window_ends_for_all_at_once_and_forgets_them() -> None:
    window = FixedWindow(maximum=1, window_s=10)
    assert window.admits("alice", 100.0)
    assert not window.admits("alice", 109.9)
    assert window.admits("bob", 109.9)
    assert window.admits("alice", 110.0)
    assert list(window._counts) == ["alice"]


@pytest.mark.parametrize(("now_s", "left_s"), [(100.0, 10), (100.1, 10), (109.5, 1), (109.99, 1)])
def test_the_time_left_is_never_too_short(now_s: float, left_s: int) -> None:
    assert FixedWindow(maximum=1, window_s=10).seconds_left(now_s) == left_s
