"""Reads of accounts, with authorisation."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts import hooks
from accounts.errors import AccountSuspendedError, UserNotFoundError
from accounts.identity import EMAIL_MAX_CHARS, email_spellings
from accounts.models import Digest, PresenceStatus, TokenFamily, User
from accounts.wire import ProfileView
from apikit.actors import Actor
from apikit.errors import TokenInvalidError
from apikit.searching import found_by
from realtime.people import Person

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def check_access(actor: Actor) -> Actor:
    """Return the actor of a token with the current rights; one query.

    :raises TokenInvalidError: if the token was revoked or the user deleted.
    :raises AccountSuspendedError: if the user is suspended.
    """
    assert actor.family_id is not None, "read_access_token() requires it"
    row = (
        TokenFamily.objects.filter(id=actor.family_id, user_id=actor.signed_in_id())
        .values_list("revoked_at", "user__is_active", "user__is_guest", "user__is_staff")
        .first()
    )
    if row is None:
        raise TokenInvalidError
    revoked_at, is_active, is_guest, is_staff = row
    if not is_active:
        raise AccountSuspendedError
    if revoked_at is not None:
        raise TokenInvalidError
    return Actor(actor.id, is_guest=is_guest, is_staff=is_staff, family_id=actor.family_id)


def read_actor(user_id: UUID) -> Actor | None:
    """Return a user as an actor with the current rights, or None if deleted or suspended."""
    users = User.objects.filter(id=user_id, is_active=True)
    row = users.values_list("is_guest", "is_staff").first()
    return None if row is None else Actor(user_id, is_guest=row[0], is_staff=row[1])


def get_profile(actor: Actor) -> ProfileView:
    """Return the actor's account, with one query for each count that apps above add."""
    user = User.objects.get(id=actor.signed_in_id())
    return ProfileView(
        id=user.id,
        name=user.name,
        email=user.email,
        pending_email=user.pending_email or None,
        is_guest=user.is_guest,
        status=PresenceStatus(user.status),
        status_text=user.status_text,
        digest=Digest(user.digest),
        created_at=user.created_at,
        updated_at=user.updated_at,
        **{name: count(user.id) for name, count in hooks.profile_counts.items()},
    )


def list_sign_ins(actor: Actor) -> list[TokenFamily]:
    """Return the active sign-ins of the actor, on pages and over the API, latest use first."""
    families = TokenFamily.objects.filter(
        user_id=actor.signed_in_id(), revoked_at=None, expires_at__gt=timezone.now()
    )
    return list(families.order_by("-last_used_at", "-id"))


def list_users_for(actor: Actor, *, search: str = "") -> QuerySet[User]:
    """Return the accounts that others can find, newest first: no guests, no suspended ones.

    Only staff can search by email address: others must not learn whether an address is registered.
    """
    actor.account_id()
    users = User.objects.filter(is_guest=False, is_active=True).order_by("-id")
    if search:
        users = users.filter(matching_users(search, by_email=actor.is_staff))
    return users


def read_people(user_ids: Collection[UUID]) -> dict[UUID, Person]:
    """Return users as others see them while they are connected; one query.

    Does not authorise: :mod:`realtime.presence` decides who sees whom. Users who have set no status
    are online.
    """
    users = User.objects.filter(id__in=user_ids).only(
        "name", "status", "appears_offline", "updated_at"
    )
    return {
        user.id: Person(
            id=user.id,
            name=user.name,
            status=user.shown_status,
            order=_microseconds(user.updated_at),
            is_hidden=user.appears_offline,
        )
        for user in users
    }


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def matching_users(text: str, *, by_email: bool, prefix: str = "") -> Q:
    """Match users whose name (or email address) contains ``text``; ``prefix`` leads to the user."""
    if not by_email:
        return found_by(text, f"{prefix}searchable_name")
    matching = found_by(text, f"{prefix}searchable_name", f"{prefix}searchable_email")
    # A complete address that matches only when normalized, such as a quoted one.
    return matching | Q(**{f"{prefix}email__in": email_spellings(text[:EMAIL_MAX_CHARS])})


def get_user_for(actor: Actor, user_id: UUID) -> User:
    """Return an account that others can find, or the actor's own.

    :raises UserNotFoundError: for other users and for missing ones.
    """
    if user_id == actor.signed_in_id():
        return User.objects.get(id=user_id)
    user = list_users_for(actor).filter(id=user_id).first()
    if user is None:
        raise UserNotFoundError
    return user
