"""Who makes a request: the bearer of an access token."""

from uuid import UUID

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts.errors import AccountSuspendedError
from accounts.selectors import check_access
from accounts.tokens import read_access_token
from apikit.actors import Actor
from apikit.errors import TokenInvalidError


class StatelessTokenAuthentication(BaseAuthentication):
    """Takes the token's word for it: no query. For calls whose service looks for itself."""

    def authenticate(self, request: Request) -> tuple[Actor, None] | None:
        header = request.headers.get("Authorization")
        if header is None:
            return None
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer":
            raise TokenInvalidError
        return read_access_token(token.strip()), None

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def read_guest_id(request: Request) -> UUID | None:
    """The guest whose access token came with a request to sign in or register; else None.

    A token that is no good, or an account's, is no obstacle there.
    """
    try:
        claimed = StatelessTokenAuthentication().authenticate(request)
        actor = None if claimed is None else check_access(claimed[0])
    except (TokenInvalidError, AccountSuspendedError):
        return None
    return actor.id if actor is not None and actor.is_guest else None


class TokenAuthentication(StatelessTokenAuthentication):
    """Asks the database whether the person may still come in; one query."""

    def authenticate(self, request: Request) -> tuple[Actor, None] | None:
        claimed = super().authenticate(request)
        return None if claimed is None else (check_access(claimed[0]), None)
