"""Changing the password with the current one."""

from unittest.mock import ANY

import pytest
from rest_framework.test import APIClient

from accounts import credentials
from accounts.models import User
from accounts.services import is_right_password
from accounts.sign_in import open_token_family
from tests.accounts.conftest import NEW_PASSWORD, Post, Response, bearer, lets_in
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(ada: User) -> APIClient:
    return bearer(open_token_family(user=ada).access)


def change(client: APIClient, current: str = PASSWORD, new: str = NEW_PASSWORD) -> Response:
    body = {"currentPassword": current, "newPassword": new}
    return client.post("/api/auth/password/change", body)


def may_log_in(post: Post, password: str) -> bool:
    return bool(post("login", email="ada@example.org", password=password).status_code == 200)


def test_the_new_password_replaces_the_old_one(client: APIClient, post: Post) -> None:
    response = change(client)
    assert (response.status_code, response.json()) == (
        200,
        {"message": "Password changed successfully", "deviceToken": ANY},
    )
    assert may_log_in(post, NEW_PASSWORD)
    assert not may_log_in(post, PASSWORD)


def test_other_sign_ins_end_and_the_present_one_stays(ada: User, post: Post) -> None:
    here, elsewhere = open_token_family(user=ada), open_token_family(user=ada)
    assert change(bearer(here.access)).status_code == 200
    assert lets_in(here.access)
    assert post("refresh", refreshToken=here.refresh).status_code == 200
    assert not lets_in(elsewhere.access)
    assert post("refresh", refreshToken=elsewhere.refresh).status_code == 401


def test_a_wrong_current_password_changes_nothing(client: APIClient, post: Post) -> None:
    response = change(client, current="wrong horse")
    assert (response.status_code, response.json()["code"]) == (400, "validation")
    assert [error["field"] for error in response.json()["errors"]] == ["currentPassword"]
    assert may_log_in(post, PASSWORD)


@pytest.mark.parametrize("new", ["short 7", "password123", "82736451", "ada@example.org"])
def test_a_weak_new_password_changes_nothing(client: APIClient, post: Post, new: str) -> None:
    response = change(client, new=new)
    assert (response.status_code, response.json()["code"]) == (400, "validation")
    assert {error["field"] for error in response.json()["errors"]} == {"newPassword"}
    assert may_log_in(post, PASSWORD)


def test_of_two_concurrent_changes_one_succeeds(
    ada: User, client: APIClient, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = is_right_password

    def be_overtaken(user: User, password: str) -> bool:
        is_right = check(user, password)
        monkeypatch.undo()
        change(bearer(open_token_family(user=ada).access), new="the other was quicker")
        return is_right

    monkeypatch.setattr(credentials, "is_right_password", be_overtaken)
    # The other change has ended this sign-in, and its password is the one that is stored.
    assert change(client).status_code == 400
    assert may_log_in(post, "the other was quicker")
