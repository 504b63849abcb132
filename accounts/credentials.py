"""Checks passwords, and limits how often somebody may guess them."""

from uuid import UUID

from django.conf import settings

from accounts.errors import AccountSuspendedError, CredentialsRefusedError
from accounts.identity import normalize_email
from accounts.known_devices import find_device
from accounts.models import User
from accounts.passwords import password_gate
from accounts.services import is_right_password
from apikit.errors import TooManyRequestsError, ValidationFailedError
from apikit.throttling import SharedLimit, present_client

FAILURE_WINDOW_S = 15 * 60
# One address may be a whole office, so an email as such bears more failures than from one place.
FAILURES_FROM_EVERYWHERE = 10

LOCKED_OUT = (
    "Too many wrong passwords for this email. Wait, or ask for a link to choose a new password: "
    "after that you can sign in at once."
)

Limits = list[tuple[SharedLimit, str]]


def check_credentials(*, email: str, password: str, address: str, device_tokens: str = "") -> User:
    """Whose email and password these are.

    Failures are counted for the email from ``address`` and from everywhere; on a device that shows
    a token of the account (:mod:`accounts.known_devices`), for that device alone.

    :raises CredentialsRefusedError: in the same words and time for a wrong email as for a wrong
        password.
    :raises AccountSuspendedError: for the right password of a suspended account.
    :raises TooManyRequestsError: after too many failures, or while too many are signing in.
    """
    email = normalize_email(email)
    with password_gate().passing():
        candidates = User.objects.find_all_by_email(email)
        device_id = _find_known_device(candidates, device_tokens)
        limits = _device_limits(device_id) if device_id else _failure_limits(email, address)
        # Counted before the answer is known, so that guesses made at once count as well.
        _count(limits)
        user = _find_by_password(candidates, password)
    if user is None:
        raise CredentialsRefusedError
    _forget(limits)
    if not user.is_active:
        raise AccountSuspendedError
    return user


def check_current_password(user: User, password: str, *, family_id: UUID | None) -> None:
    """Checks the password again for a change that takes more than being signed in.

    Failures are counted for each sign-in, so that one who has stolen a token does not keep the
    owner from changing the password.

    :raises ValidationFailedError: for a wrong password.
    :raises TooManyRequestsError: after too many of them.
    """
    limit = SharedLimit("password-change", settings.LOGIN_MAX_FAILURES, FAILURE_WINDOW_S)
    subject = f"{user.id}|{family_id}"
    limit.count(subject)
    if not is_right_password(user, password):
        raise wrong_current_password()
    limit.forget(subject)


def wrong_current_password() -> ValidationFailedError:
    return ValidationFailedError.of("currentPassword", "This is not the current password.")


def forget_failures(user: User) -> None:
    """Lets ``user`` sign in from the present client again, after the password was replaced."""
    for email in dict.fromkeys([user.email or "", normalize_email(user.email or "")]):
        _forget(_failure_limits(email, present_client()))


def _find_known_device(candidates: list[User], device_tokens: str) -> str | None:
    if not device_tokens:
        return None
    found = (find_device(user, device_tokens) for user in candidates)
    return next((device_id for device_id in found if device_id), None)


def _find_by_password(candidates: list[User], password: str) -> User | None:
    """Hashes even for unknown users, so that timing does not reveal accounts."""
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
