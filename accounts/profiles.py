"""Changing the name and the email address of an account.

A stolen access token must not suffice to take over an account. So a new email address requires the
current password, and takes effect when the link sent to it is opened. The old address is notified
both times.
"""

from uuid import UUID

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import transaction

from accounts.credentials import check_current_password
from accounts.emails import (
    check_room_for_email,
    send_email_change_link,
    send_email_change_notice,
    send_email_changed_notice,
)
from accounts.errors import EmailTakenError, EmailTokenInvalidError
from accounts.identity import check_email, check_name, email_spellings
from accounts.models import User
from accounts.passwords import password_gate
from accounts.services import lock_user, publish_person, save_unless_taken
from apikit.actors import Actor
from apikit.errors import GuestRefusedError, ValidationFailedError
from apikit.throttling import SharedLimit

# Per account and per new address: enough after a typo, too few to flood a mailbox.
EMAIL_CHANGES_PER_HOUR = 5


class _EmailChangeTokens(PasswordResetTokenGenerator):
    """Tokens for a pending email change, valid for ``PASSWORD_RESET_TIMEOUT`` seconds.

    Changing the password, the address or the pending address invalidates them.
    """

    key_salt = "accounts.profiles.email-change"

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        return f"{super()._make_hash_value(user, timestamp)}{user.pending_email}"


_email_change_tokens = _EmailChangeTokens()


def update_profile(
    *,
    actor: Actor,
    name: str | None = None,
    email: str | None = None,
    current_password: str | None = None,
    digest: str | None = None,
) -> User:
    """Change the actor's name or digest, and request a change of the email address.

    The new address is stored as ``pending_email`` until it is confirmed. A later request replaces
    it; a request with the current address cancels it.

    :raises GuestRefusedError: for the email address or digest of a guest.
    :raises ValidationFailedError: for a new email without the current password.
    :raises EmailTakenError: for an email in use.
    :raises TooManyRequestsError: after too many wrong passwords or changes.
    :raises ServerUnavailableError: while too many emails wait for the mail server.
    """
    email = None if email is None else check_email(email)
    name = None if name is None else check_name(name)
    if email is not None:
        _check_email_change(actor, email, current_password)
    if digest is not None:
        actor.account_id()
    with transaction.atomic():
        user = lock_user(actor.signed_in_id())
        if name is not None:
            user.name = name
            publish_person(user.id)
        if email is not None:
            is_own = email in email_spellings(user.email or "")
            user.pending_email = "" if is_own else email
        if digest is not None:
            user.digest = digest
        user.save(update_fields=["name", "pending_email", "digest", "updated_at"])
        if email is not None and user.pending_email:
            transaction.on_commit(lambda: _send_email_change(user))
    return user


def confirm_email_change(*, token: str) -> User:
    """Replace the email address by the pending one of the token's account.

    :raises EmailTokenInvalidError: for a used, expired, replaced or forged token.
    :raises EmailTakenError: if another account has taken the address since.
    """
    user_id, _, signature = token.partition(".")
    with transaction.atomic():
        user = _lock_pending(user_id)
        if user is None or not _email_change_tokens.check_token(user, signature):
            raise EmailTokenInvalidError
        old_email = user.email or ""
        user.email, user.pending_email = user.pending_email, ""
        save_unless_taken(user, update_fields=["email", "pending_email", "updated_at"])
        transaction.on_commit(lambda: send_email_changed_notice(old_email))
    return user


def _check_email_change(actor: Actor, email: str, current_password: str | None) -> None:
    """Check the request before locking, because hashing the password takes a while."""
    with password_gate().turn():
        user = User.objects.get(id=actor.signed_in_id())
        if user.is_guest:
            raise GuestRefusedError
        if email in email_spellings(user.email or ""):
            return
        if not current_password:
            raise ValidationFailedError.of(
                "currentPassword", "The current password is required to change the email address."
            )
        check_current_password(user, current_password, family_id=actor.family_id)
    if User.objects.find_by_email(email) is not None:
        raise EmailTakenError
    check_room_for_email()
    for subject in (str(user.id), email):
        SharedLimit("email-change", EMAIL_CHANGES_PER_HOUR, 3600).count(subject)


def _send_email_change(user: User) -> None:
    send_email_change_link(user.pending_email, f"{user.id}.{_email_change_tokens.make_token(user)}")
    send_email_change_notice(user.email or "")


def _lock_pending(user_id: str) -> User | None:
    try:
        users = User.objects.select_for_update().filter(id=UUID(user_id), is_active=True)
    except ValueError:
        return None
    return users.exclude(pending_email="").first()
