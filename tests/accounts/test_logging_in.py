"""Signing in with an email address and a password."""

from typing import Any

import pytest
from argon2 import PasswordHasher
from django.contrib.auth.hashers import Argon2PasswordHasher
from rest_framework.test import APIClient

from accounts.models import User
from accounts.passwords import BoundedArgon2PasswordHasher
from tests.accounts.conftest import Post, bearer, lets_in
from tests.conftest import PASSWORD

pytestmark = [pytest.mark.both, pytest.mark.django_db]


class HashCounter:
    """Records each password that is hashed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        for name in ("encode", "verify"):
            monkeypatch.setattr(
                Argon2PasswordHasher, name, self._counted(getattr(Argon2PasswordHasher, name))
            )

    def _counted(self, work: Any) -> Any:
        def counted(*args: Any) -> Any:
            self.count += 1
            return work(*args)

        return counted


def test_the_right_password_gives_tokens(ada: User, post: Post) -> None:
    response = post("login", email="ada@example.org", password=PASSWORD)
    body = response.json()
    assert response.status_code == 200
    assert set(body) == {"message", "user", "tokens", "deviceToken"}
    assert body["message"] == "Login successful"
    assert body["user"]["id"] == str(ada.id)
    assert set(body["user"]) == {"id", "name", "email", "createdAt"}
    assert set(body["tokens"]) == {"accessToken", "refreshToken"}
    assert lets_in(body["tokens"]["accessToken"])


def test_an_email_is_accepted_in_any_spelling(ada: User, post: Post) -> None:
    assert post("login", email=" ADA@Example.org", password=PASSWORD).status_code == 200


def test_a_wrong_email_and_a_wrong_password_look_the_same(ada: User, post: Post) -> None:
    wrong_password = post("login", email="ada@example.org", password="wrong horse")
    wrong_email = post("login", email="nobody@example.org", password=PASSWORD)
    assert wrong_password.status_code == wrong_email.status_code == 401
    assert wrong_password.json() == wrong_email.json()
    assert wrong_email.json()["message"].startswith("Authentication")
    assert set(wrong_password.headers) == set(wrong_email.headers)
    assert wrong_email.headers["WWW-Authenticate"] == "Bearer"


def test_an_unknown_email_takes_as_long_as_a_wrong_password(
    ada: User, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashes = HashCounter(monkeypatch)
    post("login", email="ada@example.org", password="wrong horse")
    assert hashes.count == 1
    post("login", email="nobody@example.org", password="wrong horse")
    assert hashes.count == 2


def test_a_user_without_a_password_takes_as_long(
    alice: User, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashes = HashCounter(monkeypatch)
    assert post("login", email="alice@example.org", password="").status_code == 400
    assert post("login", email="alice@example.org", password="wrong horse").status_code == 401
    assert hashes.count == 1


def test_only_the_right_password_reveals_a_suspension(ada: User, post: Post) -> None:
    User.objects.filter(id=ada.id).update(is_active=False)
    right = post("login", email="ada@example.org", password=PASSWORD)
    wrong = post("login", email="ada@example.org", password="wrong horse")
    assert (right.status_code, right.json()["code"]) == (401, "account.suspended")
    assert (wrong.status_code, wrong.json()["code"]) == (401, "auth.credentials")
    assert "tokens" not in right.json()
    assert not ada.token_families.exists()


def test_an_expired_token_is_ignored_when_signing_in(ada: User) -> None:
    response = bearer("stale").post(
        "/api/auth/login", {"email": "ada@example.org", "password": PASSWORD}
    )
    assert response.status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": "ada@example.org"},
        {"password": PASSWORD},
        {"email": "ada@example.org", "password": 7},
        {"email": {"$ne": None}, "password": PASSWORD},
        {"email": "ada@example.org", "password": "x" * 257},
        {"email": "ada@example.org", "password": PASSWORD, "remember": True},
        [],
        "text",
        None,
    ],
)
def test_a_malformed_body_is_refused(visitor: APIClient, body: Any) -> None:
    response = visitor.post("/api/auth/login", body)
    assert (response.status_code, response.json()["code"]) == (400, "validation")


# Password hashes


def test_hashes_are_argon2id_with_the_recommended_minimum(ada: User) -> None:
    assert ada.password.startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")


def test_a_hash_of_other_parameters_is_renewed_at_the_next_login(ada: User, post: Post) -> None:
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    User.objects.filter(id=ada.id).update(password=f"argon2{cheap}")
    assert post("login", email="ada@example.org", password="wrong horse").status_code == 401
    ada.refresh_from_db()
    assert ada.password == f"argon2{cheap}"
    assert post("login", email="ada@example.org", password=PASSWORD).status_code == 200
    ada.refresh_from_db()
    assert not BoundedArgon2PasswordHasher().must_update(ada.password)
    assert post("login", email="ada@example.org", password=PASSWORD).status_code == 200
