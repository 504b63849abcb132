"""Validity of tokens."""

import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import jwt
import pytest
from django.conf import settings
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import AccessToken

from accounts.models import TokenFamily, User
from accounts.sign_in import open_token_family
from accounts.tokens import RefreshToken, TokenPair, read_access_token
from apikit.errors import TokenInvalidError
from polling_site.config.environment import read_environment
from tests.accounts.conftest import Post, bearer, lets_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def tokens(alice: User) -> TokenPair:
    return open_token_family(user=alice)


def claims_of(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def signed(claims: dict[str, Any], secret: str, algorithm: str = "HS256") -> str:
    return jwt.encode(claims, secret, algorithm)


def test_a_refresh_token_is_not_an_access_token(tokens: TokenPair) -> None:
    response = bearer(tokens.refresh).get("/api/auth/me")
    assert (response.status_code, response.json()["code"]) == (401, "auth.token_invalid")


@pytest.mark.parametrize("way", ["refresh", "logout"])
def test_an_access_token_is_not_a_refresh_token(tokens: TokenPair, post: Post, way: str) -> None:
    assert post(way, refreshToken=tokens.access).status_code == 401
    assert TokenFamily.objects.get().revoked_at is None


def test_the_types_are_signed_with_different_secrets(tokens: TokenPair, post: Post) -> None:
    """Each type has its own secret, so that a leaked one does not compromise the other."""
    access = signed(claims_of(tokens.access), settings.JWT_REFRESH_SECRET)
    assert not lets_in(access)
    refresh = signed(claims_of(tokens.refresh), settings.SIMPLE_JWT["SIGNING_KEY"])
    assert post("refresh", refreshToken=refresh).status_code == 401


def test_the_type_claim_is_checked(tokens: TokenPair, post: Post) -> None:
    disguised = claims_of(tokens.refresh) | {"token_type": "refresh"}
    assert not lets_in(signed(disguised, settings.SIMPLE_JWT["SIGNING_KEY"]))
    disguised = claims_of(tokens.access) | {"token_type": "access"}
    response = post("refresh", refreshToken=signed(disguised, settings.JWT_REFRESH_SECRET))
    assert response.status_code == 401


def test_the_lifetimes_are_those_of_the_settings(tokens: TokenPair) -> None:
    access, refresh = claims_of(tokens.access), claims_of(tokens.refresh)
    values = read_environment({})
    assert access["exp"] - access["iat"] == values["JWT_ACCESS_EXPIRES_IN"].total_seconds() == 900
    assert refresh["exp"] - refresh["iat"] == 7 * 86400
    assert values["JWT_REFRESH_EXPIRES_IN"] == timedelta(days=7)
    assert values["JWT_ACCESS_EXPIRES_IN"] == api_settings.ACCESS_TOKEN_LIFETIME


def test_an_expired_access_token_is_refused(tokens: TokenPair) -> None:
    token = AccessToken(tokens.access)  # type: ignore[arg-type]
    token.set_exp(lifetime=timedelta(seconds=-1))
    response = bearer(str(token)).get("/api/auth/me")
    assert (response.status_code, response.json()["code"]) == (401, "auth.token_invalid")
    assert response.json()["message"].startswith("Authentication")


def test_an_access_token_expires_although_its_signature_was_checked_before(
    tokens: TokenPair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The claims of a checked token are cached."""
    assert read_access_token(tokens.access).is_authenticated
    later_s = time.time() + 24 * 3600
    monkeypatch.setattr("accounts.tokens.time", SimpleNamespace(time=lambda: later_s))
    with pytest.raises(TokenInvalidError):
        read_access_token(tokens.access)


def test_an_expired_refresh_token_is_refused(tokens: TokenPair, post: Post) -> None:
    token = RefreshToken(tokens.refresh)  # type: ignore[arg-type]
    token.set_exp(lifetime=timedelta(seconds=-1))
    response = post("refresh", refreshToken=str(token))
    assert (response.status_code, response.json()["code"]) == (401, "auth.token_invalid")


def forged(token: str, **claims: Any) -> str:
    """The token with other claims under its old signature."""
    header, body, signature = token.split(".")
    padded = json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4))) | claims
    body = urlsafe_b64encode(json.dumps(padded).encode()).decode().rstrip("=")
    return f"{header}.{body}.{signature}"


def test_a_forged_claim_is_refused(tokens: TokenPair, bob: User) -> None:
    assert not lets_in(forged(tokens.access, sub=str(bob.id)))
    assert not lets_in(forged(tokens.access, staff=True))


def test_an_unsigned_token_is_refused(tokens: TokenPair) -> None:
    assert not lets_in(jwt.encode(claims_of(tokens.access), "", "none"))


@pytest.mark.parametrize("claim", ["sub", "sid"])
@pytest.mark.parametrize("value", [None, "", "x", 7, {}])
def test_a_token_without_a_user_is_refused(tokens: TokenPair, claim: str, value: Any) -> None:
    claims = claims_of(tokens.access) | {claim: value}
    assert not lets_in(signed(claims, settings.SIMPLE_JWT["SIGNING_KEY"]))


def test_a_token_with_another_users_family_is_refused(tokens: TokenPair, bob: User) -> None:
    claims = claims_of(tokens.access) | {"sub": str(bob.id)}
    assert not lets_in(signed(claims, settings.SIMPLE_JWT["SIGNING_KEY"]))


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic YWRhOmFkYQ==", "Token x", "Bearer a b", "Bearer é"]
)
def test_other_authorization_headers_are_refused(alice: User, header: str) -> None:
    client = bearer("")
    client.credentials(HTTP_AUTHORIZATION=header)
    response = client.get("/api/polls")
    assert (response.status_code, response.json()["code"]) == (401, "auth.token_invalid")


def test_the_scheme_is_case_insensitive(tokens: TokenPair) -> None:
    client = bearer("")
    client.credentials(HTTP_AUTHORIZATION=f"bearer {tokens.access}")
    assert client.get("/api/auth/me").status_code == 200


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "x" * 2001, None, 7, ["x"], "nul\x00"])
def test_an_invalid_refresh_token_is_refused(post: Post, token: Any) -> None:
    for way in ("refresh", "logout"):
        assert post(way, refreshToken=token).status_code in {400, 401}


def test_the_staff_claim_is_checked_in_the_database(alice: User, bob: User) -> None:
    token = open_token_family(user=User(id=alice.id, is_staff=True)).access
    assert claims_of(token)["staff"] is True
    shown = bearer(token).get(f"/api/users/{bob.id}").json()["user"]
    assert shown["email"] is None
