"""Limits on wrong passwords, per email from one address and in all."""

import pytest
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.credentials import FAILURE_WINDOW_S
from accounts.models import User
from tests.accounts.conftest import Response, bearer
from tests.conftest import PASSWORD, access_token

pytestmark = [pytest.mark.both, pytest.mark.django_db]


@pytest.fixture
def bounded(limited: Settings) -> None:
    """Allows two failures per address, and twenty in all."""
    limited.LOGIN_MAX_FAILURES = 2


def log_in(password: str, email: str = "ada@example.org", address: str = "192.0.2.1") -> Response:
    client = APIClient(REMOTE_ADDR=address)
    return client.post("/api/auth/login", {"email": email, "password": password})


@pytest.mark.usefixtures("bounded")
def test_after_too_many_failures_even_the_right_password_is_refused(ada: User) -> None:
    assert [log_in("wrong horse").status_code for _ in range(3)] == [401, 401, 429]
    response = log_in(PASSWORD)
    assert (response.status_code, response.json()["code"]) == (429, "rate_limited")
    assert 0 < int(response.headers["Retry-After"]) <= FAILURE_WINDOW_S


@pytest.mark.usefixtures("bounded")
def test_an_unknown_email_has_the_same_limit(ada: User) -> None:
    statuses = [log_in("wrong horse", email="nobody@example.org").status_code for _ in range(3)]
    assert statuses == [401, 401, 429]


@pytest.mark.usefixtures("bounded")
def test_other_spellings_of_an_email_share_the_limit(ada: User) -> None:
    emails = ("ada@example.org", "ADA@example.org", "Ada@Example.Org")
    assert [log_in("wrong horse", email).status_code for email in emails] == [401, 401, 429]


@pytest.mark.usefixtures("bounded")
def test_other_accounts_and_addresses_are_not_affected(ada: User) -> None:
    for _ in range(3):
        log_in("wrong horse")
    assert log_in("wrong horse", email="bob@example.org").status_code == 401
    assert log_in(PASSWORD, address="192.0.2.2").status_code == 200


@pytest.mark.usefixtures("bounded")
def test_guesses_from_many_addresses_are_limited_too(ada: User) -> None:
    statuses = [
        log_in("wrong horse", address=f"192.0.2.{number // 2}").status_code for number in range(20)
    ]
    assert set(statuses) == {401}
    assert log_in(PASSWORD, address="198.51.100.7").status_code == 429


@pytest.mark.usefixtures("bounded")
def test_the_right_password_resets_the_count(ada: User) -> None:
    outcomes = [log_in("wrong horse"), log_in(PASSWORD), log_in("wrong horse"), log_in(PASSWORD)]
    assert [response.status_code for response in outcomes] == [401, 200, 401, 200]


def test_zero_disables_the_limit(ada: User, limited: Settings) -> None:
    limited.LOGIN_MAX_FAILURES = 0
    assert {log_in("wrong horse").status_code for _ in range(4)} == {401}


@pytest.mark.usefixtures("bounded")
def test_the_current_password_cannot_be_guessed_with_a_stolen_token(ada: User) -> None:
    client = bearer(access_token(ada))

    def change(current: str) -> Response:
        body = {"currentPassword": current, "newPassword": "incorrect mule charger"}
        return client.post("/api/auth/password/change", body)

    assert [change("wrong horse").status_code for _ in range(3)] == [400, 400, 429]
    assert change(PASSWORD).status_code == 429
