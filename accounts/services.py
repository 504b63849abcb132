"""Everything that can happen to an account."""

from typing import Any
from uuid import UUID

from django.contrib.admin.models import LogEntry
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, check_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import hooks
from accounts.errors import EmailTakenError, StaffLogStandsError, UserNotFoundError
from accounts.events import AccessEnded
from accounts.identity import check_email, check_name, normalize_password
from accounts.models import PresenceStatus, TokenFamily, User
from accounts.passwords import password_gate
from apikit.actors import Actor
from apikit.errors import (
    FieldError,
    ForbiddenError,
    ValidationFailedError,
)
from apikit.idempotency import MIN_VISITOR_KEY_CHARS, check_key, fingerprint_of
from apikit.models import IdempotencyRecord
from realtime import SITE_TOPIC, publish

DEFAULT_GUEST_NAME = "Guest"
# The scope of keys that stand for a guest.
_GUEST_KEYS = "guest"


def register_user(*, name: str, email: str, password: str) -> User:
    """A new account. Of two who come at once with one email, the second is refused.

    :raises EmailTakenError: for an email in use.
    :raises ValidationFailedError: for an invalid name or address, or a password that Django's
        validators refuse.
    :raises TooManyRequestsError: while too many are signing in.
    """
    user = User(name=check_name(name), email=check_email(email))
    check_new_password(user, password)
    with password_gate().turn():
        if User.objects.find_by_email(email) is not None:
            raise EmailTakenError
        user.set_password(password)
    save_unless_taken(user, force_insert=True)
    return user


def check_new_password(user: User, password: str, *, field: str = "password") -> None:
    """:raises ValidationFailedError: for a password Django's validators refuse."""
    try:
        validate_password(normalize_password(password), user)
    except ValidationError as error:
        raise ValidationFailedError(
            errors=[FieldError(field, message) for message in error.messages]
        ) from error


def create_guest(*, name: str | None = None) -> User:
    """Somebody who votes and talks without an account."""
    guest = User(name=check_name(name) if name else DEFAULT_GUEST_NAME, is_guest=True)
    guest.set_unusable_password()
    guest.save(force_insert=True)
    return guest


def create_guest_once(*, key: str, name: str | None = None) -> User:
    """The guest of this key, made now unless a request with it has come before.

    For a browser that sends its form twice: it has no session yet by which to know it again.

    :raises ValidationFailedError: for a key that could be guessed.
    """
    check_key(key, minimum_chars=MIN_VISITOR_KEY_CHARS)
    try:
        with transaction.atomic():
            guest = create_guest(name=name)
            IdempotencyRecord.objects.create(
                scope=_GUEST_KEYS,
                key=key,
                fingerprint=fingerprint_of(_GUEST_KEYS),
                response=guest.id.bytes,
                created_at=timezone.now(),
            )
    except IntegrityError:
        record = IdempotencyRecord.objects.get(scope=_GUEST_KEYS, key=key)
        return User.objects.get(id=UUID(bytes=bytes(record.response)))
    return guest


def set_status(*, actor: Actor, status: PresenceStatus, text: str | None = None) -> User:
    """What one says of oneself; without a text the old one is dropped."""
    with transaction.atomic():
        user = lock_user(actor.signed_in_id())
        user.status = status
        user.status_text = text or ""
        user.save(update_fields=["status", "status_text", "updated_at"])
    return user


def suspend_user(
    *, actor: Actor, user_id: UUID, reason: str, withdraws_contributions: bool = False
) -> User:
    """Stops a person's tokens and sockets at once; their votes stand or are withdrawn.

    :raises ForbiddenError: unless ``actor`` is staff above that person.
    """
    with transaction.atomic():
        user = lock_user(user_id)
        check_may_moderate(actor, user)
        user.is_active = False
        user.suspended_at = user.suspended_at or timezone.now()
        user.suspended_reason = reason
        user.save(update_fields=["is_active", "suspended_at", "suspended_reason", "updated_at"])
        end_access(user_id=user_id, is_suspended=True)
    if withdraws_contributions:
        # After the commit: from then on the vote writer refuses this person, so that no vote
        # can slip in behind the removal.
        hooks.withdraw_contributions.run(user_id)
    return user


def restore_user(*, actor: Actor, user_id: UUID) -> User:
    """Lets a suspended person back in; they have to sign in anew.

    :raises ForbiddenError: unless ``actor`` is staff above that person.
    """
    with transaction.atomic():
        user = lock_user(user_id)
        check_may_moderate(actor, user)
        user.is_active = True
        user.suspended_at = None
        user.suspended_reason = ""
        user.save(update_fields=["is_active", "suspended_at", "suspended_reason", "updated_at"])
    return user


def delete_user(*, actor: Actor, user_id: UUID) -> None:
    """Deletes a person, their votes and what belongs to them; all tallies stay right.

    :raises ForbiddenError: unless ``actor`` is staff above that person.
    :raises StaffLogStandsError: for somebody who has acted as staff.
    """
    if LogEntry.objects.filter(user_id=user_id).exists():
        raise StaffLogStandsError
    suspend_user(actor=actor, user_id=user_id, reason="being deleted", withdraws_contributions=True)
    hooks.delete_belongings.run(user_id)
    User.objects.filter(id=user_id).delete()


def end_access(
    *,
    user_id: UUID,
    only_family_id: UUID | None = None,
    except_family_id: UUID | None = None,
    is_suspended: bool = False,
) -> None:
    """Revokes token families of a person and closes the sockets opened with them."""
    families = TokenFamily.objects.filter(user_id=user_id, revoked_at=None)
    if only_family_id:
        families = families.filter(id=only_family_id)
    if except_family_id:
        families = families.exclude(id=except_family_id)
    families.update(revoked_at=timezone.now())
    ended = AccessEnded(
        user_id=user_id,
        only_family_id=only_family_id,
        except_family_id=except_family_id,
        is_suspended=is_suspended,
    )
    transaction.on_commit(lambda: publish(SITE_TOPIC, ended))


def is_right_password(user: User | None, password: str) -> bool:
    """Takes as long for nobody as for somebody."""
    if user is None:
        # As often as for somebody whose hash may be of the password as it was typed.
        for spelling in {password, normalize_password(password)}:
            check_password(spelling, UNUSABLE_PASSWORD_PREFIX)
        return False
    return user.check_password(password)


def check_may_moderate(actor: Actor, user: User) -> None:
    """:raises ForbiddenError: unless ``actor`` is staff above ``user``."""
    if not actor.is_staff or actor.id == user.id:
        raise ForbiddenError
    is_above = User.objects.filter(id=actor.account_id(), is_superuser=True).exists()
    if user.is_staff and not is_above:
        raise ForbiddenError("Only a superuser can do this to a member of the staff.")


def lock_user(user_id: UUID) -> User:
    """The user, locked until the end of the transaction.

    :raises UserNotFoundError: when there is none.
    """
    user = User.objects.select_for_update().filter(id=user_id).first()
    if user is None:
        raise UserNotFoundError
    return user


def save_unless_taken(user: User, **options: Any) -> None:
    """:raises EmailTakenError: when the database finds the email in use."""
    try:
        with transaction.atomic():
            user.save(**options)
    except IntegrityError as error:
        raise EmailTakenError from error
