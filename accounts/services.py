"""Writes to accounts and guests."""

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
from accounts.events import AccessEnded, PersonChanged
from accounts.identity import check_email, check_name, check_status_text, normalize_password
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
# The scope of the keys of guests.
_GUEST_KEYS = "guest"


def register_user(*, name: str, email: str, password: str) -> User:
    """Create an account. Of two concurrent requests with one email address, one is refused.

    :raises EmailTakenError: for an email address in use.
    :raises ValidationFailedError: for an invalid name or address, or a password that Django's
        validators refuse.
    :raises TooManySignInsError: if too many requests wait for hashing.
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
    """Validate a new password.

    :raises ValidationFailedError: for a password that Django's validators refuse.
    """
    try:
        validate_password(normalize_password(password), user)
    except ValidationError as error:
        raise ValidationFailedError(
            errors=[FieldError(field, message) for message in error.messages]
        ) from error


def create_guest(*, name: str | None = None) -> User:
    """Create a guest, who can vote without an account."""
    guest = User(name=check_name(name) if name else DEFAULT_GUEST_NAME, is_guest=True)
    guest.set_unusable_password()
    guest.save(force_insert=True)
    return guest


def create_guest_once(*, key: str, name: str | None = None) -> User:
    """Return the guest of ``key``, creating it at the first request.

    For forms submitted twice: the browser has no session yet to recognize it by.

    :raises ValidationFailedError: for a key that is too easy to guess.
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
    """Set the actor's status; without ``text``, clear the text. Others who are connected see it.

    :raises ValidationFailedError: for a text that is too long or contains control characters.
    """
    text = check_status_text(text or "")
    with transaction.atomic():
        user = lock_user(actor.signed_in_id())
        user.status = status
        user.appears_offline = status == PresenceStatus.OFFLINE
        user.status_text = text
        user.save(update_fields=["status", "appears_offline", "status_text", "updated_at"])
        publish_person(user.id)
    return user


def remember_language(*, user_id: UUID, language: str) -> None:
    """Store the language in which an account uses the pages, for emails to it."""
    accounts = User.objects.filter(id=user_id, is_guest=False)
    accounts.exclude(language=language).update(language=language)


def publish_person(user_id: UUID) -> None:
    """Show others the new name or status of a user, after the commit."""
    transaction.on_commit(lambda: publish(SITE_TOPIC, PersonChanged(user_id=user_id)))


def suspend_user(
    *, actor: Actor, user_id: UUID, reason: str, withdraws_contributions: bool = False
) -> User:
    """Suspend a user: revoke all tokens, close all sockets, and optionally withdraw the votes.

    :raises ForbiddenError: unless ``actor`` may moderate the user.
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
        # After the commit, when the vote writer refuses the user, so that the removal misses no
        # vote.
        hooks.withdraw_contributions.run(user_id)
    return user


def restore_user(*, actor: Actor, user_id: UUID) -> User:
    """Lift a suspension; the user has to sign in again.

    :raises ForbiddenError: unless ``actor`` may moderate the user, and for an erased account.
    """
    with transaction.atomic():
        user = lock_user(user_id)
        check_may_moderate(actor, user)
        if user.erased_at is not None:
            raise ForbiddenError("An erased account cannot be restored.")
        user.is_active = True
        user.suspended_at = None
        user.suspended_reason = ""
        user.save(update_fields=["is_active", "suspended_at", "suspended_reason", "updated_at"])
    return user


def delete_user(*, actor: Actor, user_id: UUID) -> None:
    """Delete a user with their votes and polls, and correct the tallies.

    :raises ForbiddenError: unless ``actor`` may moderate the user.
    :raises StaffLogStandsError: for a user who has acted as staff.
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
    """Revoke token families of a user, and close the sockets opened with them."""
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
    """Check a password. Hashes even without a user, so that timing does not reveal accounts."""
    if user is None:
        # As often as for a user whose hash may be of the password before normalization.
        for spelling in {password, normalize_password(password)}:
            check_password(spelling, UNUSABLE_PASSWORD_PREFIX)
        return False
    return user.check_password(password)


def check_may_moderate(actor: Actor, user: User) -> None:
    """Check that ``actor`` is staff, and a superuser if ``user`` is staff.

    :raises ForbiddenError: otherwise, and if both are the same user.
    """
    if not actor.is_staff or actor.id == user.id:
        raise ForbiddenError
    is_above = User.objects.filter(id=actor.account_id(), is_superuser=True).exists()
    if user.is_staff and not is_above:
        raise ForbiddenError("Only a superuser can do this to a staff member.")


def lock_user(user_id: UUID) -> User:
    """Return the user, locked until the end of the transaction.

    :raises UserNotFoundError: if there is none.
    """
    user = User.objects.select_for_update().filter(id=user_id).first()
    if user is None:
        raise UserNotFoundError
    return user


def save_unless_taken(user: User, **options: Any) -> None:
    """Save a user whose email address is new.

    :raises EmailTakenError: if the unique constraint finds the address in use.
    """
    try:
        with transaction.atomic():
            user.save(**options)
    except IntegrityError as error:
        raise EmailTakenError from error
