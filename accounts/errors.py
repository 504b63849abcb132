"""Errors about accounts and signing in."""

from http import HTTPStatus

from apikit.errors import (
    ApiError,
    ConflictError,
    FieldError,
    ForbiddenError,
    NotFoundError,
    TooManyRequestsError,
    ValidationFailedError,
)

SIGN_IN_RETRY_AFTER_S = 3


class EmailTakenError(ConflictError):
    code = "account.email_taken"
    message = "An account with this email address already exists."


class UserNotFoundError(NotFoundError):
    code = "account.not_found"
    message = "There is no such user."


class CredentialsRefusedError(ApiError):
    """The same for an unknown email address and a wrong password."""

    http_status = HTTPStatus.UNAUTHORIZED
    code = "auth.credentials"
    message = "Authentication failed: the email address or the password is wrong."


class AccountSuspendedError(ApiError):
    """Raised only for a valid token or the right password, so that others learn nothing."""

    http_status = HTTPStatus.UNAUTHORIZED
    code = "account.suspended"
    message = "Authentication failed: this account is suspended."


class StaffLogStandsError(ConflictError):
    """Deleting a user who acted as staff would delete the log of their actions."""

    code = "account.has_log"
    message = "This user has acted as staff, and the log must be kept. Suspend the user instead."


class SignInAgainError(ForbiddenError):
    """Erasing needs more than an access token: a sign-in of the last minutes."""

    code = "auth.sign_in_again"
    message = "Sign in again to do this: your sign-in is too old."


class EmailTokenInvalidError(ValidationFailedError):
    code = "auth.email_token_invalid"
    message = "This link is no longer valid. Request the change of the email address again."


class ResetTokenInvalidError(ValidationFailedError):
    code = "auth.reset_token_invalid"
    message = "This link is no longer valid. Request a new one."


class WrongCurrentPasswordError(ValidationFailedError):
    """The current password, required for the change, is wrong."""

    def __init__(self) -> None:
        super().__init__(
            errors=[FieldError("currentPassword", "This is not your current password.")]
        )


class TooManySignInsError(TooManyRequestsError):
    """Too many requests wait for a password to be hashed."""

    message = "Too many people are signing in. Try again in a few seconds."

    def __init__(self) -> None:
        super().__init__(retry_after_s=SIGN_IN_RETRY_AFTER_S)
