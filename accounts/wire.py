"""Wire format of accounts."""

from dataclasses import dataclass
from datetime import datetime

from accounts.models import Digest, PresenceStatus, User
from accounts.tokens import TokenPair
from apikit.actors import Actor
from apikit.pagination import Pagination
from apikit.wire import Id, Wire


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView(Wire):
    """Your own account, as returned when signing in. ``email`` is null for guests."""

    id: Id
    name: str
    email: str | None
    created_at: datetime

    @classmethod
    def of(cls, user: User) -> "AccountView":
        return cls(id=user.id, name=user.name, email=user.email, created_at=user.created_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokensView(Wire):
    access_token: str
    refresh_token: str

    @classmethod
    def of(cls, tokens: TokenPair) -> "TokensView":
        return cls(access_token=tokens.access, refresh_token=tokens.refresh)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileView(Wire):
    """Your own account.

    ``pending_email`` is the new address of a requested change, until it is confirmed. ``digest`` is
    how often you get an email about your polls and projects.
    """

    id: Id
    name: str
    email: str | None
    pending_email: str | None
    is_guest: bool
    status: PresenceStatus
    status_text: str
    digest: Digest
    created_at: datetime
    updated_at: datetime
    poll_count: int
    vote_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicUserView(Wire):
    """The public part of an account. Only the person and staff see ``email``; others get null."""

    id: Id
    name: str
    status: PresenceStatus
    status_text: str
    email: str | None

    @classmethod
    def of(cls, user: User, actor: Actor) -> "PublicUserView":
        shows_email = actor.is_staff or actor.id == user.id
        return cls(
            id=user.id,
            name=user.name,
            status=PresenceStatus(user.status),
            status_text=user.status_text,
            email=user.email if shows_email else None,
        )


# Response bodies


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn(Wire):
    message: str
    user: AccountView
    tokens: TokensView


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSignedIn(SignedIn):
    """``device_token`` lets this device sign in while others guess the password."""

    device_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordChanged(Wire):
    """``device_token`` replaces those from before the change."""

    message: str
    device_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GuestSignedIn(SignedIn):
    """``renewal_token`` returns new tokens for the same guest after these have expired."""

    renewal_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered(Wire):
    message: str
    user: AccountView


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed(Wire):
    message: str
    tokens: TokensView


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnProfile(Wire):
    user: ProfileView


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedProfile(Wire):
    message: str
    user: ProfileView


@dataclass(frozen=True, slots=True, kw_only=True)
class OneUser(Wire):
    user: PublicUserView


@dataclass(frozen=True, slots=True, kw_only=True)
class UserList(Wire):
    users: list[PublicUserView]
    pagination: Pagination
