"""Signing out ends its sign-in immediately."""

import pytest

from accounts.models import User
from accounts.sign_in import open_token_family
from tests.accounts.conftest import Post, lets_in

pytestmark = [pytest.mark.both, pytest.mark.django_db]


def test_signing_out_ends_both_tokens(alice: User, post: Post) -> None:
    tokens = open_token_family(user=alice)
    response = post("logout", refreshToken=tokens.refresh)
    assert (response.status_code, response.json()) == (200, {"message": "Logout successful"})
    assert not lets_in(tokens.access)
    assert post("refresh", refreshToken=tokens.refresh).status_code == 401


def test_any_token_of_the_family_ends_it(alice: User, post: Post) -> None:
    tokens = open_token_family(user=alice)
    newest = post("refresh", refreshToken=tokens.refresh).json()["tokens"]
    assert post("logout", refreshToken=tokens.refresh).status_code == 200
    assert not lets_in(newest["accessToken"])


def test_signing_out_twice_is_not_an_error(alice: User, post: Post) -> None:
    tokens = open_token_family(user=alice)
    assert {post("logout", refreshToken=tokens.refresh).status_code for _ in range(2)} == {200}


def test_other_sign_ins_stay_active(alice: User, post: Post) -> None:
    here, elsewhere = open_token_family(user=alice), open_token_family(user=alice)
    post("logout", refreshToken=here.refresh)
    assert lets_in(elsewhere.access)


def test_signing_out_needs_a_valid_token(post: Post) -> None:
    response = post("logout", refreshToken="nonsense")
    assert (response.status_code, response.json()["code"]) == (401, "auth.token_invalid")
