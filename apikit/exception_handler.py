"""Converts every exception of a REST request to a response."""

import inspect
import traceback
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.settings import api_settings

from apikit import errors
from apikit.errors import ApiError, FieldError, error_headers
from apikit.serializers import to_camel_case

log = structlog.get_logger(__name__)

# SQLSTATE classes of a connection that failed or that the server closed. None: it broke.
LOST_CONNECTION_STATES = ("08", "57P")
_CONNECT = inspect.unwrap(BaseDatabaseWrapper.connect).__code__
# No valid body has more keys; a longer one is refused anyway.
MAX_KEYS_COMPARED = 100

_BY_DRF_CLASS: tuple[tuple[type[Exception], type[ApiError]], ...] = (
    (exceptions.NotAuthenticated, errors.AuthenticationRequiredError),
    (exceptions.AuthenticationFailed, errors.TokenInvalidError),
    (exceptions.PermissionDenied, errors.ForbiddenError),
    (PermissionDenied, errors.ForbiddenError),
    (exceptions.NotFound, errors.NotFoundError),
    (Http404, errors.NotFoundError),
    (exceptions.MethodNotAllowed, errors.MethodNotAllowedError),
    (exceptions.NotAcceptable, errors.NotAcceptableError),
    (exceptions.UnsupportedMediaType, errors.UnsupportedMediaTypeError),
    (exceptions.ParseError, errors.InvalidRequestError),
    # Among others, more query parameters than DATA_UPLOAD_MAX_NUMBER_FIELDS.
    (SuspiciousOperation, errors.InvalidRequestError),
    (OperationalError, errors.ServerUnavailableError),
    (InterfaceError, errors.ServerUnavailableError),
)


def as_api_error(exception: Exception) -> ApiError:
    """Return the API error for ``exception``.

    Unexpected exceptions are logged with their traceback.
    """
    if isinstance(exception, ApiError):
        return exception
    if isinstance(exception, exceptions.ValidationError):
        return errors.ValidationFailedError(errors=_flatten(exception.detail))
    for known, ours in _BY_DRF_CLASS:
        if isinstance(exception, known):
            if ours is errors.ServerUnavailableError:
                log.error("database unavailable", error=str(exception))
            elif ours is errors.InvalidRequestError:
                log.info("request refused", code=ours.code, reason=type(exception).__name__)
            return ours()
    log.error("unexpected error", exc_info=exception)
    return errors.ServerError()


def handle_exception(exception: Exception, context: Mapping[str, Any]) -> Response:
    """DRF's ``EXCEPTION_HANDLER``: return the response for an exception of a view."""
    error = as_api_error(exception)
    request: Request = context["request"]
    if _may_be_committed(request, exception):
        error = errors.WriteInDoubtError()
    elif error.errors:
        # Only as far as the body was read: the error may be elsewhere.
        error.errors = tuple(spell_as_sent(error.errors, getattr(request, "_full_data", None)))
    response = Response(error.as_body(), status=error.http_status)
    for name, value in error_headers(error).items():
        response[name] = value
    if isinstance(exception, exceptions.MethodNotAllowed):
        response["Allow"] = ", ".join(context["view"].allowed_methods)
    return response


def json_error(error: ApiError) -> JsonResponse:
    """Return the response for an error outside of a view, where Django refuses a request."""
    return JsonResponse(
        error.as_body(),
        status=error.http_status,
        headers=error_headers(error),
        json_dumps_params={"separators": (",", ":")},
    )


def respond_unknown_route(request: HttpRequest, *args: Any, **kwargs: Any) -> JsonResponse:
    """Return the 404 of unknown routes under ``/api``."""
    return json_error(errors.NotFoundError())


def spell_as_sent(found: Iterable[FieldError], body: Any) -> Iterator[FieldError]:
    """Yield the errors with their fields spelled as in ``body``; services use camelCase."""
    for error in found:
        path, place = [], body
        for name in error.field.split("."):
            spelling = _spelling_of(name, place)
            path.append(spelling)
            place = _inside(place, spelling)
        yield replace(error, field=".".join(path))


def _spelling_of(name: str, place: Any) -> str:
    if not isinstance(place, Mapping) or name in place:
        return name
    keys = islice(place, MAX_KEYS_COMPARED)
    return next((key for key in keys if to_camel_case(str(key)) == name), name)


def _inside(place: Any, name: str) -> Any:
    if isinstance(place, Mapping):
        return place.get(name)
    if isinstance(place, list) and name.isdecimal() and int(name) < len(place):
        return place[int(name)]
    return None


def _may_be_committed(request: Request, exception: Exception) -> bool:
    """Return whether a write may have been committed although the database failed.

    Not if connecting failed, and not if the database reported an error: then it rolled back. But if
    the connection broke, the commit may have reached the database.
    """
    is_of_database = isinstance(exception, OperationalError | InterfaceError)
    if not is_of_database or request.method in SAFE_METHODS or _failed_to_connect(exception):
        return False
    # From the driver's error, because Django may have reconnected since. SQLite's errors have no
    # state, and SQLite has no connection to lose.
    cause: Any = exception.__cause__
    if not hasattr(cause, "sqlstate"):
        return False
    state: str | None = cause.sqlstate
    return state is None or state.startswith(LOST_CONNECTION_STATES)


def _failed_to_connect(exception: Exception) -> bool:
    frames = traceback.walk_tb(exception.__traceback__)
    return any(frame.f_code is _CONNECT for frame, _ in frames)


def _flatten(detail: Any, path: tuple[str, ...] = ()) -> Iterator[FieldError]:
    """Flatten DRF's nested lists and dictionaries of messages."""
    if isinstance(detail, Mapping):
        for key, inner in detail.items():
            own = () if key == api_settings.NON_FIELD_ERRORS_KEY else (str(key),)
            yield from _flatten(inner, path + own)
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            # Messages belong to the field itself; nested objects are numbered.
            nested = isinstance(inner, Mapping | list)
            yield from _flatten(inner, (*path, str(index)) if nested else path)
    else:
        yield FieldError(".".join(path), str(detail))
