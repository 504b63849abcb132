"""Refresh tokens: each is spent once; whoever spends one twice ends the whole family."""

import pytest
from rest_framework.test import APIClient

from accounts.models import TokenFamily, User
from accounts.sign_in import open_token_family
from accounts.tokens import TokenPair
from tests.accounts.conftest import Answer, Post, at_once, lets_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def tokens(alice: User) -> TokenPair:
    return open_token_family(user=alice)


def test_a_refresh_token_gives_the_next_pair(tokens: TokenPair, post: Post) -> None:
    answer = post("refresh", refreshToken=tokens.refresh)
    body = answer.json()
    assert answer.status_code == 200
    assert set(body) == {"message", "tokens"}
    assert body["message"] == "Tokens refreshed successfully"
    assert body["tokens"]["refreshToken"] != tokens.refresh
    assert lets_in(body["tokens"]["accessToken"])
    assert post("refresh", refreshToken=body["tokens"]["refreshToken"]).status_code == 200


def test_snake_case_is_taken_too(tokens: TokenPair, post: Post) -> None:
    assert post("refresh", refresh_token=tokens.refresh).status_code == 200


def test_a_token_spent_twice_revokes_the_family(tokens: TokenPair, post: Post) -> None:
    newest = post("refresh", refreshToken=tokens.refresh).json()["tokens"]
    answer = post("refresh", refreshToken=tokens.refresh)
    assert (answer.status_code, answer.json()["code"]) == (401, "auth.token_reused")
    assert answer.json()["message"].startswith("Authentication")
    assert post("refresh", refreshToken=newest["refreshToken"]).status_code == 401
    assert not lets_in(newest["accessToken"])
    assert not lets_in(tokens.access)


def test_other_sign_ins_of_the_same_person_go_on(
    alice: User, tokens: TokenPair, post: Post
) -> None:
    other = open_token_family(user=alice)
    for _ in range(2):
        post("refresh", refreshToken=tokens.refresh)
    assert lets_in(other.access)
    assert post("refresh", refreshToken=other.refresh).status_code == 200


def test_a_repetition_under_its_key_is_no_second_use(tokens: TokenPair, visitor: APIClient) -> None:
    headers = {"Idempotency-Key": "a-key-hard-to-guess"}
    body = {"refreshToken": tokens.refresh}
    first = visitor.post("/api/auth/refresh", body, headers=headers)
    second = visitor.post("/api/auth/refresh", body, headers=headers)
    assert second.json() == first.json()
    assert lets_in(second.json()["tokens"]["accessToken"])


def test_a_token_spent_before_revokes_the_family_under_a_key_too(
    tokens: TokenPair, visitor: APIClient, post: Post
) -> None:
    post("refresh", refreshToken=tokens.refresh)
    answer = visitor.post(
        "/api/auth/refresh",
        {"refreshToken": tokens.refresh},
        headers={"Idempotency-Key": "a-key-hard-to-guess"},
    )
    assert answer.json()["code"] == "auth.token_reused"
    assert TokenFamily.objects.get().revoked_at is not None


def test_a_suspended_person_gets_no_more_tokens(alice: User, tokens: TokenPair, post: Post) -> None:
    User.objects.filter(id=alice.id).update(is_active=False)
    assert post("refresh", refreshToken=tokens.refresh).status_code == 401


def test_a_deleted_person_gets_no_more_tokens(alice: User, tokens: TokenPair, post: Post) -> None:
    alice.delete()
    assert post("refresh", refreshToken=tokens.refresh).status_code == 401


@pytest.mark.django_db(transaction=True)
def test_of_several_who_spend_one_token_at_once_one_gets_a_pair_at_most(
    tokens: TokenPair,
) -> None:
    def refresh(_: int) -> Answer:
        return APIClient().post("/api/auth/refresh", {"refreshToken": tokens.refresh})

    answers = at_once(refresh, 4)
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]
    [winner] = [answer.json()["tokens"] for answer in answers if answer.status_code == 200]
    # Somebody has a copy, and nobody knows who: so the family ends, the winner's pair with it.
    assert TokenFamily.objects.get().revoked_at is not None
    assert not lets_in(winner["accessToken"])
    again = APIClient().post("/api/auth/refresh", {"refreshToken": winner["refreshToken"]})
    assert again.status_code == 401
