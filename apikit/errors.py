"""The family of errors: each is a refusal with a stable code, said the same way on every door.

They are raised where they happen and turned into a reply in one place each: for REST in
``apikit.exception_handler``, for sockets in ``realtime.consumers``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from http import HTTPStatus
from itertools import islice
from typing import Any, ClassVar

# An error must not grow with the mistake: at most so many fields are listed, and of what was sent
# at most so many characters are repeated.
MAX_FIELD_ERRORS = 20
MAX_FIELD_CHARS = 100
MAX_FIELD_MESSAGE_CHARS = 300


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field; ``field`` is its path on the wire, such as ``options.1``."""

    field: str
    message: str


def bounded_errors(errors: Iterable[FieldError]) -> tuple[FieldError, ...]:
    """The first ``MAX_FIELD_ERRORS`` of ``errors``, with long texts cut.

    If there are more, a last entry without a field says so. ``errors`` may be a generator; no more
    than one error beyond the bound is taken from it.
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
    """``text``, or its beginning and an ellipsis, in at most ``max_chars`` characters."""
    return text if len(text) <= max_chars else f"{text[: max_chars - 1]}…"


class ApiError(Exception):
    """The head of the family; subclasses say ``http_status``, ``code`` and ``message``.

    ``extra`` holds further keys of the body, such as the vote that stands.
    """

    http_status: ClassVar[HTTPStatus]
    code: ClassVar[str]
    message: str
    # Whether what was written before the refusal stays written, such as a revocation.
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
        """``code`` and ``message``, and what else there is to say, as it goes over the wire."""
        body: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.errors:
            body["errors"] = [asdict(error) for error in self.errors]
        return body | self.extra

    def as_body(self) -> dict[str, Any]:
        """The REST body; ``error`` is the status's reason phrase."""
        return {"error": self.http_status.phrase, **self.details()}


class InvalidRequestError(ApiError):
    """The request can't be read: not JSON, or not of the form asked for."""

    http_status = HTTPStatus.BAD_REQUEST
    code = "request.invalid"
    message = "The request could not be read."


class ValidationFailedError(ApiError):
    """The request was read, and values in it can't be accepted; ``errors`` names them."""

    http_status = HTTPStatus.BAD_REQUEST
    code = "validation"
    message = "Some values are not acceptable; see errors."

    @classmethod
    def of(cls, field: str, message: str) -> "ValidationFailedError":
        """The error of a single field."""
        return cls(errors=[FieldError(field, message)])


class InvalidCursorError(ApiError):
    """The cursor of a list is none that the API gave out."""

    http_status = HTTPStatus.BAD_REQUEST
    code = "cursor.invalid"
    message = "This is no cursor of this API: read the list from its beginning, without one."


class AuthenticationRequiredError(ApiError):
    http_status = HTTPStatus.UNAUTHORIZED
    code = "auth.required"
    message = (
        "Authentication is needed: send the header `Authorization: Bearer <access token>`. "
        "POST /api/auth/login gives a token to an account, POST /api/auth/guest to a guest."
    )


class TokenInvalidError(ApiError):
    """The token is forged, expired, revoked, or of another kind."""

    http_status = HTTPStatus.UNAUTHORIZED
    code = "auth.token_invalid"
    message = (
        "Authentication failed: the access token is invalid or has expired. "
        "Get another with POST /api/auth/refresh, or sign in again with POST /api/auth/login."
    )


class ForbiddenError(ApiError):
    http_status = HTTPStatus.FORBIDDEN
    code = "forbidden"
    message = "You are not allowed to do this."


class GuestRefusedError(ForbiddenError):
    code = "auth.account_required"
    message = "Guests can't do this: register with POST /api/auth/register, or sign in."


class NotFoundError(ApiError):
    """Nothing is there, or nothing the asker may see: the two look the same."""

    http_status = HTTPStatus.NOT_FOUND
    code = "not_found"
    message = "There is nothing here."


class MethodNotAllowedError(ApiError):
    http_status = HTTPStatus.METHOD_NOT_ALLOWED
    code = "method_not_allowed"
    message = "This address does not answer to that method."


class NotAcceptableError(ApiError):
    http_status = HTTPStatus.NOT_ACCEPTABLE
    code = "not_acceptable"
    message = "The answer can only be given as application/json."


class ConflictError(ApiError):
    """What is asked for does not fit the state things are in."""

    http_status = HTTPStatus.CONFLICT
    code = "conflict"
    message = "This does not fit the present state."


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
    message = "The request's address and headers are too large: send fewer or shorter ones."


class RequestTimeoutError(ApiError):
    """The client did not send its request in time."""

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
    message = "This Idempotency-Key was used before, with another request."


class TooManyRequestsError(ApiError):
    http_status = HTTPStatus.TOO_MANY_REQUESTS
    code = "rate_limited"
    message = "Too many requests: wait a moment, then try again."


class ServerError(ApiError):
    """Something broke on our side; the log has the traceback."""

    http_status = HTTPStatus.INTERNAL_SERVER_ERROR
    code = "server.error"
    message = "Something went wrong on our side."


class ServerUnavailableError(ApiError):
    """The database does not answer, or too much is waiting; nothing was changed.

    Where it may have been, it is :class:`WriteInDoubtError`.
    """

    http_status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "server.unavailable"
    message = "The service can't do this just now: try again in a moment."

    def __init__(self, message: str | None = None, **details: Any) -> None:
        super().__init__(message, **{"retry_after_s": 1, **details})


class WriteInDoubtError(ServerUnavailableError):
    """The connection to the database broke during a write: it may have been committed."""

    code = "server.in_doubt"
    message = (
        "The change may or may not have been made: read it again before you repeat the request, "
        "or repeat it under the same Idempotency-Key."
    )


def error_headers(error: ApiError) -> dict[str, str]:
    """What a refusal says in its headers."""
    headers = {}
    if error.retry_after_s is not None:
        headers["Retry-After"] = str(error.retry_after_s)
    if error.http_status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return headers
