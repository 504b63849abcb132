"""Concurrent registrations of one email address."""

import pytest
from rest_framework.test import APIClient

from accounts import services
from accounts.models import User
from tests.accounts.conftest import Response, at_once
from tests.conftest import PASSWORD, make_user

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]

RUNNERS = 4


def test_of_concurrent_registrations_one_succeeds() -> None:
    def register(number: int) -> Response:
        body = {"name": f"Ada {number}", "email": "ada@example.org", "password": PASSWORD}
        return APIClient().post("/api/auth/register", body)

    responses = at_once(register, RUNNERS)
    assert sorted(response.status_code for response in responses) == [201] + [409] * (RUNNERS - 1)
    [winner] = [response for response in responses if response.status_code == 201]
    [user] = User.objects.all()
    assert winner.json()["user"]["id"] == str(user.id)
    assert user.token_families.count() == 1


def test_a_registration_between_check_and_write_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Forces the race, so that the database constraint decides."""
    check = services.check_new_password

    def be_overtaken(user: User, password: str, **options: str) -> None:
        check(user, password, **options)
        monkeypatch.undo()
        monkeypatch.setattr(User, "set_password", lambda _user, _password: make_user("Ada"))

    monkeypatch.setattr(services, "check_new_password", be_overtaken)
    body = {"name": "Ada", "email": "ada@example.org", "password": PASSWORD}
    response = APIClient().post("/api/users", body)
    assert (response.status_code, response.json()["code"]) == (409, "account.email_taken")
    assert User.objects.count() == 1
