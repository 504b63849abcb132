"""The one place where whatever went wrong in a REST request becomes its answer."""

from collections.abc import Iterator, Mapping
from typing import Any

import structlog
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.settings import api_settings

from apikit import errors
from apikit.errors import ApiError, FieldError, error_headers

log = structlog.get_logger(__name__)

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
    """The member of our family that says what ``exception`` means to the client.

    What is unknown, and what should not happen, goes to the log with its traceback.
    """
    if isinstance(exception, ApiError):
        return exception
    if isinstance(exception, exceptions.ValidationError):
        return errors.ValidationFailedError(errors=_flatten(exception.detail))
    for known, ours in _BY_DRF_CLASS:
        if isinstance(exception, known):
            if ours is errors.ServerUnavailableError:
                log.error("database unavailable", error=str(exception))
            return ours()
    log.error("unexpected error", exc_info=exception)
    return errors.ServerError()


def answer_exception(exception: Exception, context: Mapping[str, Any]) -> Response:
    """DRF's hook: every exception of a view ends here."""
    error = as_api_error(exception)
    response = Response(error.as_body(), status=error.http_status)
    for name, value in error_headers(error).items():
        response[name] = value
    if isinstance(exception, exceptions.MethodNotAllowed):
        response["Allow"] = ", ".join(context["view"].allowed_methods)
    return response


def json_error(error: ApiError) -> JsonResponse:
    """The same answer outside of a view, where Django itself refuses."""
    return JsonResponse(
        error.as_body(),
        status=error.http_status,
        headers=error_headers(error),
        json_dumps_params={"separators": (",", ":")},
    )


def answer_unknown_route(request: HttpRequest, *args: Any, **kwargs: Any) -> JsonResponse:
    """The 404 of addresses under ``/api`` that lead nowhere."""
    return json_error(errors.NotFoundError())


def _flatten(detail: Any, path: tuple[str, ...] = ()) -> Iterator[FieldError]:
    """DRF's nested lists and dictionaries of messages as one list of fields."""
    if isinstance(detail, Mapping):
        for key, inner in detail.items():
            own = () if key == api_settings.NON_FIELD_ERRORS_KEY else (str(key),)
            yield from _flatten(inner, path + own)
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            # A list of messages belongs to its field; a list of objects has positions.
            nested = isinstance(inner, Mapping | list)
            yield from _flatten(inner, (*path, str(index)) if nested else path)
    else:
        yield FieldError(".".join(path), str(detail))
