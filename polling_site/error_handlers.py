"""Django's error handlers: JSON for the API, a page otherwise."""

import sys
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse

from apikit import errors
from apikit.errors import ApiError, shortened
from apikit.exception_handler import json_error
from polling_site.paths import is_api
from web.views.errors import error_page

log = structlog.get_logger(__name__)

MAX_LOGGED_CHARS = 200


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Handles requests that Django cannot parse, or for unknown host names."""
    error = errors.InvalidRequestError()
    log_refusal(request, error, type(exception).__name__)
    return _respond(request, error)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _respond(request, errors.ForbiddenError())


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _respond(request, errors.NotFoundError())


def server_error(request: HttpRequest, *args: Any) -> HttpResponse:
    """Logs the exception being handled; Django's own log line is turned off."""
    log.error("unexpected error", path=request.path, exc_info=sys.exception())
    return _respond(request, errors.ServerError())


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Handles CSRF failures, usually a form opened before the user signed in."""
    error = errors.ForbiddenError()
    log_refusal(request, error, reason)
    return error_page(request, error, reason="form-expired")


def log_refusal(request: HttpRequest, error: ApiError, reason: str) -> None:
    """Logs one line for a request that is refused outside of a view."""
    log.info(
        "request refused",
        code=error.code,
        reason=_loggable(reason),
        path=_loggable(request.path),
    )


def _loggable(text: str) -> str:
    """The start of ``text``, escaped for terminals."""
    return shortened(text.encode("unicode_escape").decode(), MAX_LOGGED_CHARS)


def _respond(request: HttpRequest, error: ApiError) -> HttpResponse:
    return json_error(error) if is_api(request) else error_page(request, error)
