"""The errors of the API: exception classes with a stable code, the same on every endpoint.

They are raised where they occur and converted to a response in one place each: for REST in
``apikit.exception_handler``, for sockets in ``realtime.execution``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from http import HTTPStatus
from itertools import islice
from typing import Any, ClassVar

# Bounds on the size of an error body: fields listed, and characters repeated from the request.
MAX_FIELD_ERRORS = 20
MAX_FIELD_CHARS = 100
MAX_FIELD_MESSAGE_CHARS = 300
# A header that errors name as a field.
IDEMPOTENCY_HEADER = "Idempotency-Key"


@dataclass(frozen=True, slots=True)
class FieldError:
    """An error in one field; ``field`` is its path in the body, such as ``options.1``."""

    field: str
    message: str


def bounded_errors(errors: Iterable[FieldError]) -> tuple[FieldError, ...]:
    """Return the first ``MAX_FIELD_ERRORS`` of ``errors``, with long texts cut.

    If there are more, a last entry without a field says so. A generator is read no further than one
    error beyond the bound.
    """
    listed = list(islice(errors, MAX_FIELD_ERRORS + 1))
    bounded = [
        FieldError(
            shortened(error.field, MAX_FIELD_CHARS),
            shortened(error.message, MAX_FIELD_MESSAGE_CHARS),
        )
        for error in listed[:MAX_FIELD_ERRORS]
    ]
    if len(listed) > MAX_FIELD_ERRORS:
        message = f"There are more errors; only the first {MAX_FIELD_ERRORS} are listed."
        bounded.append(FieldError("", message))
    return tuple(bounded)


def shortened(text: str, max_chars: int) -> str:
    """Cut ``text`` to ``max_chars`` characters, including an ellipsis if it was longer."""
    return text if len(text) <= max_chars else f"{text[: max_chars - 1]}…"


class ApiError(Exception):
    """The base class; subclasses define ``http_status``, ``code`` and ``message``.

    ``extra`` has further keys for the body, such as the current vote.
    """

    http_status: ClassVar[HTTPStatus]
    code: ClassVar[str]
    message: str
    # Whether to commit what was written before the error, such as a revocation.
    keeps_changes: ClassVar[bool] = False

    def __init__(
        self,
        message: str | None = None,
        *,
        errors: Iterable[FieldError] = (),
        extra: Mapping[str, Any] | None = None,
        retry_after_s: int | None = None,
    ) -> None:
        self.message = message or self.message
        super().__init__(self.message)
        self.errors = bounded_errors(errors)
        self.extra = dict(extra or {})
        self.retry_after_s = retry_after_s

    def details(self) -> dict[str, Any]:
        """Return ``code``, ``message``, ``errors`` and ``extra`` as JSON values."""
        body: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.errors:
            body["errors"] = [asdict(error) for error in self.errors]
        return body | self.extra

    def as_body(self) -> dict[str, Any]:
        """Return the REST body; ``error`` is the reason phrase of the status."""
        return {"error": self.http_status.phrase, **self.details()}


class InvalidRequestError(ApiError):
    """The request cannot be parsed: it is not JSON, or not of the expected form."""

    http_status = HTTPStatus.BAD_REQUEST
    code = "request.invalid"
    message = "The request could not be parsed."


class ValidationFailedError(ApiError):
    """The request was parsed, but has invalid values; ``errors`` lists them."""

    http_status = HTTPStatus.BAD_REQUEST
    code = "validation"
    message = "Some values are invalid; see errors."

    @classmethod
    def of(cls, field: str, message: str) -> "ValidationFailedError":
        """Return the error of a single field."""
        return cls(errors=[FieldError(field, message)])


class InvalidCursorError(ApiError):
    """The cursor of a list is not one that the API returned."""

    http_status = HTTPStatus.BAD_REQUEST
    code = "cursor.invalid"
    message = "This cursor is invalid: read the list from the beginning, without a cursor."

    def __init__(self) -> None:
        super().__init__(errors=[FieldError("cursor", self.message)])


class AuthenticationRequiredError(ApiError):
    http_status = HTTPStatus.UNAUTHORIZED
    code = "auth.required"
    message = (
        "Authentication is required: send the header `Authorization: Bearer <access token>`. "
        "Get a token with POST /api/auth/login, or for a guest with POST /api/auth/guest."
    )


class TokenInvalidError(ApiError):
    """The token is forged, expired, revoked, or of the wrong type."""

    http_status = HTTPStatus.UNAUTHORIZED
    code = "auth.token_invalid"
    message = (
        "Authentication failed: the access token is invalid or has expired. "
        "Get a new one with POST /api/auth/refresh, or sign in with POST /api/auth/login."
    )


class ForbiddenError(ApiError):
    http_status = HTTPStatus.FORBIDDEN
    code = "forbidden"
    message = "You are not allowed to do this."


class GuestRefusedError(ForbiddenError):
    code = "auth.account_required"
    message = "Guests cannot do this: register with POST /api/auth/register, or sign in."


class NotFoundError(ApiError):
    """It does not exist, or the client may not see it; the response is the same."""

    http_status = HTTPStatus.NOT_FOUND
    code = "not_found"
    message = "There is nothing here."


class MethodNotAllowedError(ApiError):
    http_status = HTTPStatus.METHOD_NOT_ALLOWED
    code = "method_not_allowed"
    message = "This endpoint does not support this method."


class NotAcceptableError(ApiError):
    http_status = HTTPStatus.NOT_ACCEPTABLE
    code = "not_acceptable"
    message = "Responses are application/json only."


class ConflictError(ApiError):
    """The request conflicts with the current state."""

    http_status = HTTPStatus.CONFLICT
    code = "conflict"
    message = "The request conflicts with the current state."


class PreconditionFailedError(ApiError):
    http_status = HTTPStatus.PRECONDITION_FAILED
    code = "precondition_failed"
    message = "It has changed since you read it: read it again, then repeat the change."


class RequestTooLargeError(ApiError):
    http_status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    code = "request.too_large"
    message = "The request is too large."


class HeadersTooLargeError(ApiError):
    http_status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    code = "request.headers_too_large"
    message = "The URL and headers of the request are too large: send fewer or shorter ones."


class RequestTimeoutError(ApiError):
    """The client did not send the request in time."""

    http_status = HTTPStatus.REQUEST_TIMEOUT
    code = "request.timeout"
    message = "The request did not arrive in time: send it again."


class UnsupportedMediaTypeError(ApiError):
    http_status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    code = "request.media_type"
    message = "Send the body as application/json."


class IdempotencyKeyReusedError(ApiError):
    http_status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "idempotency.key_reused"
    message = "This Idempotency-Key was used before, with a different request."


class TooManyRequestsError(ApiError):
    http_status = HTTPStatus.TOO_MANY_REQUESTS
    code = "rate_limited"
    message = "Too many requests: wait a moment, then try again."


class ServerError(ApiError):
    """An unexpected error; the log has the traceback."""

    http_status = HTTPStatus.INTERNAL_SERVER_ERROR
    code = "server.error"
    message = "Something went wrong on our side."


class ServerUnavailableError(ApiError):
    """The database does not respond, or a queue is full. Nothing was changed.

    If something may have been changed, the error is :class:`WriteInDoubtError`.
    """

    http_status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "server.unavailable"
    message = "The service cannot handle this request right now: try again in a moment."

    def __init__(self, message: str | None = None, **details: Any) -> None:
        super().__init__(message, **{"retry_after_s": 1, **details})


class WriteInDoubtError(ServerUnavailableError):
    """The database connection broke during a write, which may have been committed."""

    code = "server.in_doubt"
    message = (
        "The change may or may not have been made: check before you repeat the request, or repeat "
        "it with the same Idempotency-Key."
    )


def error_headers(error: ApiError) -> dict[str, str]:
    """Return the headers of an error response."""
    headers = {}
    if error.retry_after_s is not None:
        headers["Retry-After"] = str(error.retry_after_s)
    if error.http_status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return headers
