"""JSON Web Tokens: an access token to show, a refresh token to get the next pair with.

Claims beside the registered ones: ``sid``, the token family; ``guest`` and ``staff``. What they
say of a person can be as old as the token, so anything that depends on being staff is looked up.
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
    """What a client keeps."""

    access: str
    refresh: str


class RefreshToken(tokens.Token):
    """Signed with a secret of its own, so that neither kind can pass for the other."""

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
    """The pair of the family's ``current_jti``; the same one whenever it is asked for."""
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
    # Derived, so that it tells nothing of the refresh token's.
    access["jti"] = salted_hmac("accounts.tokens.access-jti", family.current_jti).hexdigest()[:32]
    return TokenPair(str(access), str(refresh))


def read_access_token(text: str) -> Actor:
    """Who the token speaks for, on the token's word alone: no query.

    :raises TokenInvalidError: unless it is a good access token.
    """
    actor, expires_at_s = _read_signed(text)
    if time.time() >= expires_at_s:
        raise TokenInvalidError
    return actor


# A voter shows the same token with each vote, and a signature costs more than the vote's own JSON.
@functools.lru_cache(maxsize=10_000)
def _read_signed(text: str) -> tuple[Actor, float]:
    """Whom a good token speaks for, and until when (seconds since the epoch)."""
    claims = _decode(tokens.AccessToken, text)
    actor = Actor(
        id=_uuid_claim(claims, "sub"),
        is_guest=claims.get("guest") is True,
        is_staff=claims.get("staff") is True,
        family_id=_uuid_claim(claims, "sid"),
    )
    return actor, float(claims["exp"])


def read_refresh_token(text: str) -> RefreshClaims:
    """Whose turn it claims to be.

    :raises TokenInvalidError: unless it is a good refresh token.
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
