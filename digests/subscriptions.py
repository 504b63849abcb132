"""Ending digests by the link in them, without signing in.

The token is signed and names the account. It stays valid, because people find old emails; it can do
nothing else.
"""

from uuid import UUID

from django.conf import settings
from django.core import signing

from accounts.models import Digest, User
from apikit.errors import NotFoundError

_SALT = "digests.unsubscribe"


def unsubscribe_url(user_id: UUID) -> str:
    """Return the address in an account's digests."""
    token = signing.dumps(user_id.hex, salt=_SALT)
    return f"{settings.PUBLIC_URL}/digest/unsubscribe/{token}"


def check_token(token: str) -> UUID:
    """Return the account of a token, which may be deleted since.

    :raises NotFoundError: for a token that this site did not sign.
    """
    try:
        return UUID(signing.loads(token, salt=_SALT))
    except (signing.BadSignature, ValueError) as error:
        raise NotFoundError from error


def unsubscribe(*, token: str) -> None:
    """Turn the digest of the token's account off; repeating it changes nothing.

    :raises NotFoundError: for a token that this site did not sign.
    """
    User.objects.filter(id=check_token(token)).update(digest=Digest.OFF)
