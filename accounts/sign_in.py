"""Ways in and out: tokens for passwords, for refresh tokens, for guests."""

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
    wrong_current_password,
)
from accounts.emails import check_room_for_email, send_password_reset
from accounts.errors import ResetTokenInvalidError
from accounts.identity import normalize_email
from accounts.models import TokenFamily, User
from accounts.passwords import password_gate
from accounts.services import check_new_password, end_access
from accounts.tokens import TokenPair, issue_tokens, read_refresh_token
from apikit.actors import Actor
from apikit.errors import ApiError, ConflictError, TokenInvalidError
from apikit.text import printable_ascii
from apikit.throttling import SharedLimit

# Enough for who mistypes and waits in vain; too few to fill somebody's letter box.
RESETS_PER_HOUR = 5
# Of a client's name for itself, its beginning.
USER_AGENT_MAX_CHARS = 200
REFRESH_TOKEN_LIFETIME = api_settings.REFRESH_TOKEN_LIFETIME


class RefreshTokenReusedError(TokenInvalidError):
    """A refresh token came back after it was spent; its whole family is revoked."""

    code = "auth.token_reused"
    message = "Authentication failed: this refresh token was used before. Sign in again."
    keeps_changes = True


def open_family(*, user: User, user_agent: str = "") -> TokenFamily:
    """A new sign-in: of tokens, or of a browser's session."""
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
    """The first pair of tokens of a new sign-in."""
    return issue_tokens(user, open_family(user=user, user_agent=user_agent))


def log_in(
    *, email: str, password: str, address: str, device_tokens: str = "", user_agent: str = ""
) -> tuple[User, TokenPair]:
    """Tokens for an email and its password; the refusals are those of ``check_credentials``."""
    user = check_credentials(
        email=email, password=password, address=address, device_tokens=device_tokens
    )
    return user, open_token_family(user=user, user_agent=user_agent)


def rotate_refresh_token(*, refresh_token: str) -> TokenPair:
    """The next pair; the token shown is spent.

    Shown again within ``JWT_REFRESH_REUSE_SECONDS``, it gets the same pair again: the response may
    have been lost, or two tabs refresh at once.

    :raises RefreshTokenReusedError: when it was spent before that, which revokes the family.
    :raises TokenInvalidError: when it is no good for another reason.
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
        # Outside of the transaction, which has to commit the revocation.
        raise RefreshTokenReusedError
    return issue_tokens(family.user, family)


def _rotate(family: TokenFamily, jti: str) -> bool:
    """Makes the next token the current one, if ``jti`` is the current one; whether it was."""
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
    """Whether ``jti`` is the token before the current one, and was spent only seconds ago."""
    tolerance = timedelta(seconds=settings.JWT_REFRESH_REUSE_SECONDS)
    return (
        bool(family.previous_jti)
        and secrets.compare_digest(family.previous_jti, jti)
        and timezone.now() < family.rotated_at + tolerance
    )


def log_out(*, refresh_token: str) -> None:
    """Revokes the token's family; a second time is not an error.

    :raises TokenInvalidError: unless it is a refresh token of ours.
    """
    end_family(read_refresh_token(refresh_token).family_id)


def end_family(family_id: UUID) -> None:
    """Revokes a token family; a missing or revoked one is not an error."""
    with transaction.atomic():
        family = TokenFamily.objects.filter(id=family_id).first()
        if family is not None:
            end_access(user_id=family.user_id, only_family_id=family.id)


def end_sign_in(*, actor: Actor, family_id: UUID) -> None:
    """Ends one of one's own sign-ins; of another's, or none, nothing happens."""
    with transaction.atomic():
        end_access(user_id=actor.signed_in_id(), only_family_id=family_id)


def end_all_sign_ins(*, actor: Actor) -> None:
    """Ends all of one's sign-ins, this one among them."""
    with transaction.atomic():
        end_access(user_id=actor.signed_in_id())


def change_password(*, actor: Actor, current_password: str, new_password: str) -> User:
    """Sets a new password and returns whose it is; all other sign-ins of this person end.

    :raises ValidationFailedError: for a wrong current password or an unfit new one.
    :raises TooManyRequestsError: after too many failures, or while too many are signing in.
    """
    user = User.objects.get(id=actor.account_id())
    check_current_password(user, current_password, family_id=actor.family_id)
    _replace_password(
        user,
        new_password,
        overtaken=wrong_current_password(),
        keeps_family_id=actor.family_id,
    )
    return user


def request_password_reset(*, email: str) -> None:
    """Sends a link, if there is such an account; the answer doesn't say whether.

    :raises TooManyRequestsError: past so many links in an hour, sent or not.
    :raises ServerUnavailableError: while too many emails wait for the mail server.
    """
    check_room_for_email()
    email = normalize_email(email)
    SharedLimit("password-reset", RESETS_PER_HOUR, 3600).count(email)
    for user in User.objects.find_all_by_email(email):
        if user.is_active:
            send_password_reset(user, f"{user.id}.{default_token_generator.make_token(user)}")


def confirm_password_reset(*, token: str, new_password: str) -> User:
    """Sets a new password for who holds the token of the email; all their sign-ins end.

    Returns the user, who has shown to own the mailbox: their device becomes a known one.

    :raises ResetTokenInvalidError: for a token that is spent, old or made up.
    """
    user_id, _, signature = token.partition(".")
    with password_gate().passing():
        user = _find_user(user_id)
        if user is None or not default_token_generator.check_token(user, signature):
            raise ResetTokenInvalidError
        _replace_password(user, new_password, overtaken=ResetTokenInvalidError())
    return user


def _replace_password(
    user: User, new_password: str, *, overtaken: ApiError, keeps_family_id: UUID | None = None
) -> None:
    """Writes the new password over the one ``user`` was read with.

    :raises overtaken: when somebody with the same link, or password, has been quicker.
    """
    old_hash = user.password
    check_new_password(user, new_password, field="newPassword")
    user.set_password(new_password)
    with transaction.atomic():
        is_first = User.objects.filter(id=user.id, password=old_hash).update(
            password=user.password,
            # Whoever requested a change of the address may be the reason for the new password.
            pending_email="",
            updated_at=timezone.now(),
        )
        if not is_first:
            raise overtaken
        end_access(user_id=user.id, except_family_id=keeps_family_id)
        transaction.on_commit(lambda: forget_failures(user))


def set_password(user: User, new_password: str) -> None:
    """Sets a password without asking for the old one; all sign-ins of this person end.

    :raises ValidationFailedError: for an unfit one.
    :raises ConflictError: when it was changed by somebody else at the same moment.
    """
    _replace_password(user, new_password, overtaken=ConflictError())


def _find_user(user_id: str) -> User | None:
    try:
        return User.objects.filter(id=UUID(user_id), is_active=True).first()
    except ValueError:
        return None


def _new_jti() -> str:
    return secrets.token_urlsafe(24)
