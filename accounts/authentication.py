"""Authenticates REST requests by access token."""

from uuid import UUID

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts.errors import AccountSuspendedError
from accounts.selectors import check_access
from accounts.tokens import read_access_token
from apikit.actors import Actor
from apikit.errors import TokenInvalidError


def read_header(authorization: str) -> Actor:
    """Return the user whose token an ``Authorization`` header has, as claimed by the token.

    :raises TokenInvalidError: for other schemes and invalid tokens.
    """
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise TokenInvalidError
    return read_access_token(token.strip())


class StatelessTokenAuthentication(BaseAuthentication):
    """Trusts the claims of the token, without a query; for calls whose service checks the user."""

    def authenticate(self, request: Request) -> tuple[Actor, None] | None:
        header = request.headers.get("Authorization")
        return None if header is None else (read_header(header), None)

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def read_guest_id(request: Request) -> UUID | None:
    """Return the guest whose access token a request to sign in or register has, or None.

    Ignores invalid tokens and those of accounts.
    """
    try:
        claimed = StatelessTokenAuthentication().authenticate(request)
        actor = None if claimed is None else check_access(claimed[0])
    except (TokenInvalidError, AccountSuspendedError):
        return None
    return actor.id if actor is not None and actor.is_guest else None


class TokenAuthentication(StatelessTokenAuthentication):
    """Checks that the token is not revoked and the user not suspended; one query."""

    def authenticate(self, request: Request) -> tuple[Actor, None] | None:
        claimed = super().authenticate(request)
        return None if claimed is None else (check_access(claimed[0]), None)
