"""Creating an account, with or without tokens."""

from typing import Any
from unittest import mock

import pytest
from rest_framework.test import APIClient

from accounts.models import TokenFamily, User
from tests.accounts.conftest import Post, lets_in
from tests.conftest import PASSWORD, make_user

pytestmark = [pytest.mark.both, pytest.mark.django_db]

ADA = {"name": "Ada", "email": "ada@example.org", "password": PASSWORD}


def fields_refused(response: Any) -> list[str]:
    """The fields of a validation error."""
    assert (response.status_code, response.json()["code"]) == (400, "validation"), response.json()
    return [error["field"] for error in response.json()["errors"]]


def test_registering_signs_in(post: Post) -> None:
    response = post("register", **ADA)
    user = User.objects.get()
    body = response.json()
    assert response.status_code == 201
    assert body == {
        "message": "User registered successfully",
        "user": {
            "id": str(user.id),
            "name": "Ada",
            "email": "ada@example.org",
            "createdAt": user.created_at.isoformat().replace("+00:00", "Z"),
        },
        "tokens": {"accessToken": mock.ANY, "refreshToken": mock.ANY},
        "deviceToken": mock.ANY,
    }
    assert lets_in(body["tokens"]["accessToken"])
    assert post("refresh", refreshToken=body["tokens"]["refreshToken"]).status_code == 200


def test_an_account_can_be_created_without_signing_in(visitor: APIClient) -> None:
    response = visitor.post("/api/users", ADA)
    assert response.status_code == 201
    assert set(response.json()) == {"message", "user"}
    assert response.json()["message"] == "User created successfully"
    assert set(response.json()["user"]) == {"id", "name", "email", "createdAt"}
    assert not TokenFamily.objects.exists()


@pytest.mark.parametrize("address", ["/api/auth/register", "/api/users"])
def test_an_email_in_use_is_refused(visitor: APIClient, address: str) -> None:
    make_user("Ada")
    response = visitor.post(address, ADA | {"name": "Another"})
    assert response.status_code == 409
    assert response.json() == {
        "error": "Conflict",
        "code": "account.email_taken",
        "message": "An account with this email address already exists.",
    }
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    "email",
    ["ADA@example.org", "Ada@Example.ORG", "  ada@example.org ", "\uff41da@example.org"],
)
def test_an_email_is_the_same_in_any_spelling(post: Post, email: str) -> None:
    assert post("register", **ADA | {"email": email}).json()["user"]["email"] == ADA["email"]
    assert post("register", **ADA).status_code == 409


@pytest.mark.parametrize(
    "email",
    [
        "",
        "ada",
        "ada@",
        "@example.org",
        "a b@example.org",
        "ada@example.org\n",
        '"\x01"@example.org',
        "ada@example.org\x00",
        "a" * 250 + "@example.org",
        "\u0315\u0300" * 300,
        None,
        True,
        7,
        ["ada@example.org"],
        {"address": "ada@example.org"},
    ],
)
def test_an_invalid_email_is_refused(post: Post, email: Any) -> None:
    response = post("register", **ADA | {"email": email})
    if email == "ada@example.org\n":  # blanks around it don't count
        assert response.status_code == 201
    else:
        assert set(fields_refused(response)) == {"email"}
        assert not User.objects.exists()


@pytest.mark.parametrize(
    "password",
    [
        "",
        "short 7",
        "password123",
        "8273645109",
        "ada@example.org",
        "Ada Lovelace",
        "x" * 257,
        "nul \x00 inside",
        None,
        12345678,
        ["correct horse battery"],
    ],
)
def test_a_weak_password_is_refused(post: Post, password: Any) -> None:
    response = post("register", name="Ada Lovelace", email="ada@example.org", password=password)
    assert set(fields_refused(response)) == {"password"}
    assert not User.objects.exists()


def test_a_password_refused_is_not_repeated(post: Post) -> None:
    assert (
        "password123" not in post("register", **ADA | {"password": "password123"}).content.decode()
    )


def test_a_password_is_not_trimmed(post: Post) -> None:
    password = "  blanks around Ünïcode  "
    post("register", **ADA | {"password": password})
    assert post("login", email=ADA["email"], password=password).status_code == 200
    assert post("login", email=ADA["email"], password=password.strip()).status_code == 401


def test_all_missing_fields_are_listed(post: Post) -> None:
    assert fields_refused(post("register")) == ["name", "email", "password"]


def test_an_unknown_field_is_refused(post: Post) -> None:
    for field in ("isStaff", "is_staff", "isGuest", "id", "createdAt"):
        response = post("register", **ADA, **{field: True})
        assert response.json()["errors"] == [{"field": field, "message": "There is no such field."}]
    assert not User.objects.exists()
