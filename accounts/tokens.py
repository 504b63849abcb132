"""JSON Web Tokens: access tokens, and refresh tokens to get the next pair.

Private claims: ``sid``, the token family; ``guest`` and ``staff``. They can be as old as the token,
so whatever depends on ``staff`` is checked in the database.
"""

import functools
import time
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.utils.crypto import salted_hmac
from rest_framework_simplejwt import tokens
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings

from accounts.models import TokenFamily, User
from apikit.actors import Actor
from apikit.errors import TokenInvalidError

if TYPE_CHECKING:
    from rest_framework_simplejwt.tokens import Token


@dataclass(frozen=True, slots=True)
class TokenPair:
    """An access token and a refresh token."""

    access: str
    refresh: str


class RefreshToken(tokens.Token):
    """A refresh token, signed with its own secret so that it is not valid as an access token."""

    token_type = "refresh"  # noqa: S105
    lifetime = api_settings.REFRESH_TOKEN_LIFETIME

    @cached_property
    def _own_backend(self) -> TokenBackend:
        return TokenBackend(api_settings.ALGORITHM, settings.JWT_REFRESH_SECRET)

    def get_token_backend(self) -> TokenBackend:
        return self._own_backend


@dataclass(frozen=True, slots=True)
class RefreshClaims:
    family_id: UUID
    jti: str


def issue_tokens(user: User, family: TokenFamily) -> TokenPair:
    """Return the token pair of the family's ``current_jti``; the same on each call."""
    access = tokens.AccessToken()
    refresh = RefreshToken()
    for token in (access, refresh):
        token.set_iat(at_time=family.rotated_at)
        token.set_exp(from_time=family.rotated_at)
        token["sub"] = str(user.id)
        token["sid"] = str(family.id)
    access["guest"] = user.is_guest
    access["staff"] = user.is_staff
    refresh["jti"] = family.current_jti
    # Derived, so that it does not reveal the refresh token's.
    access["jti"] = salted_hmac("accounts.tokens.access-jti", family.current_jti).hexdigest()[:32]
    return TokenPair(str(access), str(refresh))


def read_access_token(text: str) -> Actor:
    """Return the actor in the claims of an access token, without a query.

    :raises TokenInvalidError: for an invalid or expired token.
    """
    actor, expires_at_s = _read_signed(text)
    if time.time() >= expires_at_s:
        raise TokenInvalidError
    return actor


# Clients send the same token with each vote, and verifying it costs more than parsing the vote.
@functools.lru_cache(maxsize=10_000)
def _read_signed(text: str) -> tuple[Actor, float]:
    """Return the actor of a valid token and its expiry, in seconds since the epoch."""
    claims = _decode(tokens.AccessToken, text)
    actor = Actor(
        id=_uuid_claim(claims, "sub"),
        is_guest=claims.get("guest") is True,
        is_staff=claims.get("staff") is True,
        family_id=_uuid_claim(claims, "sid"),
    )
    return actor, float(claims["exp"])


def read_refresh_token(text: str) -> RefreshClaims:
    """Return the claims of a refresh token.

    :raises TokenInvalidError: for an invalid token.
    """
    claims = _decode(RefreshToken, text)
    return RefreshClaims(_uuid_claim(claims, "sid"), str(claims.get("jti")))


def _decode(kind: "type[Token]", text: str) -> dict[str, Any]:
    try:
        payload: dict[str, Any] = kind(text).payload  # type: ignore[arg-type]
    except TokenError as error:
        raise TokenInvalidError from error
    return payload


def _uuid_claim(claims: dict[str, Any], name: str) -> UUID:
    try:
        return UUID(str(claims.get(name)))
    except ValueError as error:
        raise TokenInvalidError from error
