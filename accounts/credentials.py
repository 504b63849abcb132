"""Checks passwords, and limits how often a client may guess them."""

from uuid import UUID

from django.conf import settings

from accounts.errors import (
    AccountSuspendedError,
    CredentialsRefusedError,
    WrongCurrentPasswordError,
)
from accounts.identity import normalize_email
from accounts.known_devices import find_device
from accounts.models import User
from accounts.passwords import password_gate
from accounts.services import is_right_password
from apikit.errors import TooManyRequestsError
from apikit.throttling import SharedLimit, present_client

FAILURE_WINDOW_S = 15 * 60
# From all addresses together, an email address may have this many times the failures.
FAILURES_FROM_EVERYWHERE = 10

LOCKED_OUT = (
    "Too many wrong passwords for this email address. Wait, or reset the password: after that you "
    "can sign in immediately."
)

Limits = list[tuple[SharedLimit, str]]


def check_credentials(*, email: str, password: str, address: str, device_tokens: str = "") -> User:
    """Return the user with this email address and password.

    Failures are counted per email address, from ``address`` and in all. A device with a token of
    the account (:mod:`accounts.known_devices`) has a count of its own.

    :raises CredentialsRefusedError: for an unknown email address and a wrong password alike, after
        the same time.
    :raises AccountSuspendedError: for the right password of a suspended account.
    :raises TooManyRequestsError: after too many failures.
    :raises TooManySignInsError: if too many requests wait for hashing.
    """
    email = normalize_email(email)
    with password_gate().turn():
        candidates = User.objects.find_all_by_email(email)
        device_id = _find_known_device(candidates, device_tokens)
        limits = _device_limits(device_id) if device_id else _failure_limits(email, address)
        # Counted before hashing, so that concurrent guesses count, too.
        _count(limits)
        user = _find_by_password(candidates, password)
    if user is None:
        raise CredentialsRefusedError
    _forget(limits)
    if not user.is_active:
        raise AccountSuspendedError
    return user


def check_current_password(user: User, password: str, *, family_id: UUID | None) -> None:
    """Check the password again, for changes that need more than an access token.

    Failures are counted per token family, so that the thief of a token cannot keep the owner from
    changing the password.

    :raises WrongCurrentPasswordError: for a wrong password.
    :raises TooManyRequestsError: after too many failures.
    """
    limit = SharedLimit("password-change", settings.LOGIN_MAX_FAILURES, FAILURE_WINDOW_S)
    subject = f"{user.id}|{family_id}"
    limit.count(subject)
    if not is_right_password(user, password):
        raise WrongCurrentPasswordError
    limit.forget(subject)


def forget_failures(user: User) -> None:
    """Reset the failures of ``user`` from the present client, after the password was replaced."""
    for email in dict.fromkeys([user.email or "", normalize_email(user.email or "")]):
        _forget(_failure_limits(email, present_client()))


def _find_known_device(candidates: list[User], device_tokens: str) -> str | None:
    if not device_tokens:
        return None
    found = (find_device(user, device_tokens) for user in candidates)
    return next((device_id for device_id in found if device_id), None)


def _find_by_password(candidates: list[User], password: str) -> User | None:
    """Find whose password it is. Hashes even without candidates, so that timing reveals none."""
    users: list[User | None] = [*candidates] or [None]
    return next((user for user in users if is_right_password(user, password)), None)


def _count(limits: Limits) -> None:
    try:
        for limit, subject in limits:
            limit.count(subject)
    except TooManyRequestsError as error:
        raise TooManyRequestsError(LOCKED_OUT, retry_after_s=error.retry_after_s) from error


def _forget(limits: Limits) -> None:
    for limit, subject in limits:
        limit.forget(subject)


def _device_limits(device_id: str) -> Limits:
    return [(SharedLimit("login-device", settings.LOGIN_MAX_FAILURES, FAILURE_WINDOW_S), device_id)]


def _failure_limits(email: str, address: str) -> Limits:
    maximum = settings.LOGIN_MAX_FAILURES
    return [
        (SharedLimit("login-from", maximum, FAILURE_WINDOW_S), f"{email}|{address}"),
        (
            SharedLimit("login", maximum * FAILURES_FROM_EVERYWHERE, FAILURE_WINDOW_S),
            email,
        ),
    ]
