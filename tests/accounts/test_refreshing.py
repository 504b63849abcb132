"""Refresh tokens: each is spent once; spending one again, but for a retry within seconds, revokes
the whole family.
"""

import threading
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts import sign_in
from accounts.models import TokenFamily, User
from accounts.sign_in import RefreshTokenReusedError, open_token_family, rotate_refresh_token
from accounts.tokens import RefreshToken, TokenPair
from apikit.models import IdempotencyRecord
from tests.accounts.conftest import Post, Response, at_once, lets_in
from tests.locks import LOCK_PATIENCE_S, threads, wait_for_somebody_to_wait

pytestmark = [pytest.mark.both, pytest.mark.django_db]


@pytest.fixture
def strict(settings: Settings) -> None:
    """Used tokens are not tolerated."""
    settings.JWT_REFRESH_REUSE_SECONDS = 0


@pytest.fixture
def tokens(alice: User) -> TokenPair:
    return open_token_family(user=alice)


def test_a_refresh_token_gives_the_next_pair(tokens: TokenPair, post: Post) -> None:
    response = post("refresh", refreshToken=tokens.refresh)
    body = response.json()
    assert response.status_code == 200
    assert set(body) == {"message", "tokens"}
    assert body["message"] == "Tokens refreshed successfully"
    assert body["tokens"]["refreshToken"] != tokens.refresh
    assert lets_in(body["tokens"]["accessToken"])
    assert post("refresh", refreshToken=body["tokens"]["refreshToken"]).status_code == 200


def test_snake_case_is_accepted(tokens: TokenPair, post: Post) -> None:
    assert post("refresh", refresh_token=tokens.refresh).status_code == 200


@pytest.mark.usefixtures("strict")
def test_using_a_token_again_revokes_the_family(tokens: TokenPair, post: Post) -> None:
    newest = post("refresh", refreshToken=tokens.refresh).json()["tokens"]
    response = post("refresh", refreshToken=tokens.refresh)
    assert (response.status_code, response.json()["code"]) == (401, "auth.token_reused")
    assert response.json()["message"].startswith("Authentication")
    assert post("refresh", refreshToken=newest["refreshToken"]).status_code == 401
    assert not lets_in(newest["accessToken"])
    assert not lets_in(tokens.access)


@pytest.mark.usefixtures("strict")
def test_other_sign_ins_of_the_user_stay_active(alice: User, tokens: TokenPair, post: Post) -> None:
    other = open_token_family(user=alice)
    for _ in range(2):
        post("refresh", refreshToken=tokens.refresh)
    assert lets_in(other.access)
    assert post("refresh", refreshToken=other.refresh).status_code == 200


@pytest.mark.usefixtures("strict")
def test_a_second_use_with_a_key_revokes_the_family_and_leaves_the_key_unused(
    tokens: TokenPair, visitor: APIClient, post: Post
) -> None:
    newest = post("refresh", refreshToken=tokens.refresh).json()["tokens"]
    headers = {"Idempotency-Key": "a-key-hard-to-guess"}
    for _ in range(2):
        response = visitor.post(
            "/api/auth/refresh", {"refreshToken": tokens.refresh}, headers=headers
        )
        assert (response.status_code, response.json()["code"][:5]) == (401, "auth.")
        assert "Idempotent-Replayed" not in response.headers
    assert not lets_in(newest["accessToken"])
    assert not IdempotencyRecord.objects.exists()


def test_a_repetition_with_its_key_is_not_a_second_use(
    tokens: TokenPair, visitor: APIClient
) -> None:
    headers = {"Idempotency-Key": "a-key-hard-to-guess"}
    body = {"refreshToken": tokens.refresh}
    first = visitor.post("/api/auth/refresh", body, headers=headers)
    second = visitor.post("/api/auth/refresh", body, headers=headers)
    assert second.json() == first.json()
    assert lets_in(second.json()["tokens"]["accessToken"])


@pytest.mark.usefixtures("strict")
def test_a_used_token_with_another_key_revokes_the_family(
    tokens: TokenPair, visitor: APIClient, post: Post
) -> None:
    post("refresh", refreshToken=tokens.refresh)
    response = visitor.post(
        "/api/auth/refresh",
        {"refreshToken": tokens.refresh},
        headers={"Idempotency-Key": "a-key-hard-to-guess"},
    )
    assert response.json()["code"] == "auth.token_reused"
    assert TokenFamily.objects.get().revoked_at is not None


def test_a_suspended_user_gets_no_tokens(alice: User, tokens: TokenPair, post: Post) -> None:
    User.objects.filter(id=alice.id).update(is_active=False)
    assert post("refresh", refreshToken=tokens.refresh).status_code == 401


def test_a_deleted_user_gets_no_tokens(alice: User, tokens: TokenPair, post: Post) -> None:
    alice.delete()
    assert post("refresh", refreshToken=tokens.refresh).status_code == 401


def test_a_token_repeated_within_seconds_gets_the_same_pair(tokens: TokenPair, post: Post) -> None:
    first, second = (post("refresh", refreshToken=tokens.refresh) for _ in range(2))
    assert (second.status_code, second.json()) == (200, first.json())
    newest = first.json()["tokens"]
    assert lets_in(newest["accessToken"])
    assert post("refresh", refreshToken=newest["refreshToken"]).status_code == 200


@pytest.mark.parametrize(("seconds", "status"), [(29, 200), (31, 401)])
def test_the_tolerance_ends(tokens: TokenPair, post: Post, seconds: int, status: int) -> None:
    post("refresh", refreshToken=tokens.refresh)
    TokenFamily.objects.update(rotated_at=timezone.now() - timedelta(seconds=seconds))
    assert post("refresh", refreshToken=tokens.refresh).status_code == status
    assert (TokenFamily.objects.get().revoked_at is None) is (status == 200)


def test_a_token_older_than_the_one_before_is_never_tolerated(
    tokens: TokenPair, post: Post
) -> None:
    second = post("refresh", refreshToken=tokens.refresh).json()["tokens"]
    post("refresh", refreshToken=second["refreshToken"])
    response = post("refresh", refreshToken=tokens.refresh)
    assert (response.status_code, response.json()["code"]) == (401, "auth.token_reused")


def test_a_tolerated_token_of_a_signed_out_family_gets_nothing(
    tokens: TokenPair, post: Post
) -> None:
    post("refresh", refreshToken=tokens.refresh)
    post("logout", refreshToken=tokens.refresh)
    assert post("refresh", refreshToken=tokens.refresh).status_code == 401


def test_the_first_token_has_none_before_it(tokens: TokenPair) -> None:
    family = TokenFamily.objects.get()
    forged = RefreshToken(tokens.refresh)  # type: ignore[arg-type]
    forged["jti"] = ""
    assert family.previous_jti == ""
    with pytest.raises(RefreshTokenReusedError):
        rotate_refresh_token(refresh_token=str(forged))


@pytest.mark.django_db(transaction=True)
def test_concurrent_refreshes_get_the_same_pair(tokens: TokenPair) -> None:
    def refresh(_: int) -> Response:
        return APIClient().post("/api/auth/refresh", {"refreshToken": tokens.refresh})

    responses = at_once(refresh, 4)
    assert {response.status_code for response in responses} == {200}
    assert len({response.json()["tokens"]["refreshToken"] for response in responses}) == 1


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_a_second_rotation_waits_for_the_first(
    tokens: TokenPair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forces the race: without the lock, both would find their token current and replace it, and
    the pair of the first would count as reused on its next use."""
    is_inside, may_go_on = threading.Event(), threading.Event()
    make_jti = sign_in._new_jti

    def make_jti_slowly() -> str:
        if not is_inside.is_set():
            is_inside.set()
            assert may_go_on.wait(LOCK_PATIENCE_S)
        return make_jti()

    monkeypatch.setattr(sign_in, "_new_jti", make_jti_slowly)
    with threads() as run:
        first = run(rotate_refresh_token, refresh_token=tokens.refresh)
        try:
            assert is_inside.wait(LOCK_PATIENCE_S)
            second = run(rotate_refresh_token, refresh_token=tokens.refresh)
            wait_for_somebody_to_wait()
        finally:
            may_go_on.set()
        assert first.result(LOCK_PATIENCE_S) == second.result(LOCK_PATIENCE_S)
