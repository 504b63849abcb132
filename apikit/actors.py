"""Who acts: what services and selectors know of the person behind a request or a socket."""

from dataclasses import dataclass
from uuid import UUID

from apikit.errors import AuthenticationRequiredError, GuestRefusedError


@dataclass(frozen=True, slots=True)
class Actor:
    """A person, or a visitor nobody has introduced (``id`` is None).

    ``family_id`` is the refresh-token family behind the access token they showed, if any.
    """

    id: UUID | None = None
    is_guest: bool = False
    is_staff: bool = False
    family_id: UUID | None = None

    @property
    def is_authenticated(self) -> bool:
        return self.id is not None

    def signed_in_id(self) -> UUID:
        """The id of a person, a guest among them.

        :raises AuthenticationRequiredError: for a visitor.
        """
        if self.id is None:
            raise AuthenticationRequiredError
        return self.id

    def account_id(self) -> UUID:
        """The id of a person with an account of their own.

        :raises AuthenticationRequiredError: for a visitor.
        :raises GuestRefusedError: for a guest.
        """
        if self.is_guest:
            raise GuestRefusedError
        return self.signed_in_id()


def visitor() -> Actor:
    """Somebody without a token; DRF asks for one by this name."""
    return Actor()
