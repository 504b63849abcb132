"""What can be refused to an account."""

from http import HTTPStatus

from apikit.errors import ApiError, ConflictError, NotFoundError, ValidationFailedError


class EmailTakenError(ConflictError):
    code = "account.email_taken"
    message = "There is an account with this email address already."


class UserNotFoundError(NotFoundError):
    code = "account.not_found"
    message = "There is no such user."


class CredentialsRefusedError(ApiError):
    """In the same words for an unknown email and a wrong password."""

    http_status = HTTPStatus.UNAUTHORIZED
    code = "auth.credentials"
    message = "Authentication failed: the email or the password is wrong."


class AccountSuspendedError(ApiError):
    """Told to who has shown a token or the password; others learn nothing."""

    http_status = HTTPStatus.UNAUTHORIZED
    code = "account.suspended"
    message = "Authentication failed: this account is suspended."


class StaffLogStandsError(ConflictError):
    """The log of what staff have done hangs on them, and would be deleted with them."""

    code = "account.has_log"
    message = "This person has acted as staff, and the log of that has to stay: suspend them."


class EmailTokenInvalidError(ValidationFailedError):
    code = "auth.email_token_invalid"
    message = "This link is not valid any more: request the change of the email address again."


class ResetTokenInvalidError(ValidationFailedError):
    code = "auth.reset_token_invalid"
    message = "This link is not valid any more: ask for a new one."
