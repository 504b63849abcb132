"""The actor: the user behind a request or socket, as services and selectors see it."""

from dataclasses import dataclass
from uuid import UUID

from apikit.errors import AuthenticationRequiredError, GuestRefusedError


@dataclass(frozen=True, slots=True)
class Actor:
    """A user, or an anonymous visitor (``id`` is None).

    ``family_id`` is the token family of the access token or session, if any.
    """

    id: UUID | None = None
    is_guest: bool = False
    is_staff: bool = False
    family_id: UUID | None = None

    @property
    def is_authenticated(self) -> bool:
        return self.id is not None

    def signed_in_id(self) -> UUID:
        """Return the id of an account or guest.

        :raises AuthenticationRequiredError: for a visitor.
        """
        if self.id is None:
            raise AuthenticationRequiredError
        return self.id

    def account_id(self) -> UUID:
        """Return the id of an account.

        :raises AuthenticationRequiredError: for a visitor.
        :raises GuestRefusedError: for a guest.
        """
        if self.is_guest:
            raise GuestRefusedError
        return self.signed_in_id()


def visitor() -> Actor:
    """Return an anonymous actor; DRF's ``UNAUTHENTICATED_USER``."""
    return Actor()
