"""Signing in and out: token families, refresh tokens, password changes and resets."""

import secrets
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.utils import timezone
from rest_framework_simplejwt.settings import api_settings

from accounts.credentials import (
    check_credentials,
    check_current_password,
    forget_failures,
)
from accounts.emails import check_room_for_email, send_password_reset
from accounts.errors import ResetTokenInvalidError, WrongCurrentPasswordError
from accounts.identity import normalize_email
from accounts.models import TokenFamily, User
from accounts.passwords import password_gate
from accounts.services import check_new_password, end_access
from accounts.tokens import TokenPair, issue_tokens, read_refresh_token
from apikit.actors import Actor
from apikit.errors import ApiError, ConflictError, TokenInvalidError
from apikit.text import printable_ascii
from apikit.throttling import SharedLimit

# Enough for a user who waits in vain for the first; too few to flood a mailbox.
RESETS_PER_HOUR = 5
# Longer User-Agent headers are cut.
USER_AGENT_MAX_CHARS = 200
REFRESH_TOKEN_LIFETIME = api_settings.REFRESH_TOKEN_LIFETIME


class RefreshTokenReusedError(TokenInvalidError):
    """A refresh token was used again; its whole family is revoked."""

    code = "auth.token_reused"
    message = "Authentication failed: this refresh token was used before. Sign in again."
    keeps_changes = True


def open_family(*, user: User, user_agent: str = "") -> TokenFamily:
    """Create the token family of a new sign-in, over the API or in a browser."""
    now = timezone.now()
    family = TokenFamily.objects.create(
        user=user,
        current_jti=_new_jti(),
        user_agent=printable_ascii(user_agent[:USER_AGENT_MAX_CHARS]),
        rotated_at=now,
        last_used_at=now,
        expires_at=now + REFRESH_TOKEN_LIFETIME,
    )
    User.objects.filter(id=user.id).update(last_seen_at=now)
    return family


def open_token_family(*, user: User, user_agent: str = "") -> TokenPair:
    """Create a token family, and return its first pair of tokens."""
    return issue_tokens(user, open_family(user=user, user_agent=user_agent))


def log_in(
    *, email: str, password: str, address: str, device_tokens: str = "", user_agent: str = ""
) -> tuple[User, TokenPair]:
    """Sign in by password. Raises what ``check_credentials`` raises."""
    user = check_credentials(
        email=email, password=password, address=address, device_tokens=device_tokens
    )
    return user, open_token_family(user=user, user_agent=user_agent)


def rotate_refresh_token(*, refresh_token: str) -> TokenPair:
    """Return the next pair of tokens; the old refresh token becomes invalid.

    For ``JWT_REFRESH_REUSE_SECONDS`` it still returns the same pair, because a response can get
    lost and two tabs can refresh concurrently.

    :raises RefreshTokenReusedError: for a token used before that, which revokes the family.
    :raises TokenInvalidError: for a token that is invalid for another reason.
    """
    claims = read_refresh_token(refresh_token)
    with transaction.atomic():
        # Serialises rotation: the second of two concurrent requests sees what the first one wrote.
        family = (
            TokenFamily.objects.select_for_update(of=("self",))
            .select_related("user")
            .filter(id=claims.family_id, revoked_at=None)
            .first()
        )
        if family is None or not family.user.is_active:
            raise TokenInvalidError
        is_good = _rotate(family, claims.jti) or _was_rotated_just_now(family, claims.jti)
        if not is_good:
            end_access(user_id=family.user_id, only_family_id=family.id)
    if not is_good:
        # After the transaction, which has to commit the revocation.
        raise RefreshTokenReusedError
    return issue_tokens(family.user, family)


def _rotate(family: TokenFamily, jti: str) -> bool:
    """Issue the next refresh token if ``jti`` is the current one; return whether it was."""
    if not secrets.compare_digest(family.current_jti, jti):
        return False
    now = timezone.now()
    family.previous_jti, family.current_jti = family.current_jti, _new_jti()
    family.rotated_at = family.last_used_at = now
    family.expires_at = now + REFRESH_TOKEN_LIFETIME
    family.save(
        update_fields=["previous_jti", "current_jti", "rotated_at", "last_used_at", "expires_at"]
    )
    return True


def _was_rotated_just_now(family: TokenFamily, jti: str) -> bool:
    """Return whether ``jti`` is the previous token, replaced only seconds ago."""
    tolerance = timedelta(seconds=settings.JWT_REFRESH_REUSE_SECONDS)
    return (
        bool(family.previous_jti)
        and secrets.compare_digest(family.previous_jti, jti)
        and timezone.now() < family.rotated_at + tolerance
    )


def log_out(*, refresh_token: str) -> None:
    """Revoke the family of a refresh token; repeating it is not an error.

    :raises TokenInvalidError: for an invalid token.
    """
    end_family(read_refresh_token(refresh_token).family_id)


def end_family(family_id: UUID) -> None:
    """Revoke a token family; a missing or revoked one is not an error."""
    with transaction.atomic():
        family = TokenFamily.objects.filter(id=family_id).first()
        if family is not None:
            end_access(user_id=family.user_id, only_family_id=family.id)


def end_sign_in(*, actor: Actor, family_id: UUID) -> None:
    """End a sign-in of the actor. Does nothing if it does not exist or is another user's."""
    with transaction.atomic():
        end_access(user_id=actor.signed_in_id(), only_family_id=family_id)


def end_all_sign_ins(*, actor: Actor) -> None:
    """End all sign-ins of the actor, including the present one."""
    with transaction.atomic():
        end_access(user_id=actor.signed_in_id())


def change_password(*, actor: Actor, current_password: str, new_password: str) -> User:
    """Change the actor's password and return the user; all other sign-ins end.

    :raises WrongCurrentPasswordError: for a wrong current password.
    :raises ValidationFailedError: for an invalid new password.
    :raises TooManyRequestsError: after too many failures.
    :raises TooManySignInsError: if too many requests wait for hashing.
    """
    user = User.objects.get(id=actor.account_id())
    check_current_password(user, current_password, family_id=actor.family_id)
    _replace_password(
        user,
        new_password,
        overtaken=WrongCurrentPasswordError(),
        keeps_family_id=actor.family_id,
    )
    return user


def request_password_reset(*, email: str) -> None:
    """Send a link if the account exists, without revealing whether it does.

    :raises TooManyRequestsError: after RESETS_PER_HOUR requests for the address.
    :raises ServerUnavailableError: while too many emails wait for the mail server.
    """
    check_room_for_email()
    email = normalize_email(email)
    SharedLimit("password-reset", RESETS_PER_HOUR, 3600).count(email)
    for user in User.objects.find_all_by_email(email):
        if user.is_active:
            send_password_reset(user, f"{user.id}.{default_token_generator.make_token(user)}")


def confirm_password_reset(*, token: str, new_password: str) -> User:
    """Set a new password with the token from the email; all sign-ins end.

    Returns the user, who has proven to own the mailbox, so the device can become a known one.

    :raises ResetTokenInvalidError: for a used, expired or forged token.
    """
    user_id, _, signature = token.partition(".")
    with password_gate().turn():
        user = _find_user(user_id)
        if user is None or not default_token_generator.check_token(user, signature):
            raise ResetTokenInvalidError
        _replace_password(user, new_password, overtaken=ResetTokenInvalidError())
    return user


def _replace_password(
    user: User, new_password: str, *, overtaken: ApiError, keeps_family_id: UUID | None = None
) -> None:
    """Replace the password that ``user`` was read with.

    :raises overtaken: if a concurrent request has replaced it.
    """
    old_hash = user.password
    check_new_password(user, new_password, field="newPassword")
    user.set_password(new_password)
    with transaction.atomic():
        is_first = User.objects.filter(id=user.id, password=old_hash).update(
            password=user.password,
            # The pending change may be an attacker's, and the reason for the new password.
            pending_email="",
            updated_at=timezone.now(),
        )
        if not is_first:
            raise overtaken
        end_access(user_id=user.id, except_family_id=keeps_family_id)
        transaction.on_commit(lambda: forget_failures(user))


def set_password(user: User, new_password: str) -> None:
    """Set a password without the old one; all sign-ins of the user end.

    :raises ValidationFailedError: for an invalid password.
    :raises ConflictError: if a concurrent request has changed it.
    """
    _replace_password(user, new_password, overtaken=ConflictError())


def _find_user(user_id: str) -> User | None:
    try:
        return User.objects.filter(id=UUID(user_id), is_active=True).first()
    except ValueError:
        return None


def _new_jti() -> str:
    return secrets.token_urlsafe(24)
