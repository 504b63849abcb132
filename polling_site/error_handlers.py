"""Django's own refusals, in the form the asker understands: JSON for the API, else a page."""

import sys
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse

from apikit import errors
from apikit.errors import ApiError, shortened
from apikit.exception_handler import json_error
from polling_site.middleware.pages import is_api
from web.views.errors import error_page

log = structlog.get_logger(__name__)

MAX_LOGGED_CHARS = 200


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A request that Django cannot parse, or whose host name is not the site's."""
    error = errors.InvalidRequestError()
    log_refusal(request, error, type(exception).__name__)
    return _answer(request, error)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, errors.ForbiddenError())


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, errors.NotFoundError())


def server_error(request: HttpRequest, *args: Any) -> HttpResponse:
    """Django calls it while it handles the exception; its own log line is turned off."""
    log.error("unexpected error", path=request.path, exc_info=sys.exception())
    return _answer(request, errors.ServerError())


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that was open for too long, most often: signing in changes the form's secret."""
    error = errors.ForbiddenError()
    log_refusal(request, error, reason)
    return error_page(request, error, reason="form-expired")


def log_refusal(request: HttpRequest, error: ApiError, reason: str) -> None:
    """Writes the one log line of a request that is refused outside of a view."""
    log.info(
        "request refused",
        code=error.code,
        reason=_loggable(reason),
        path=_loggable(request.path),
    )


def _loggable(text: str) -> str:
    """The beginning of ``text``, escaped, since a terminal may show the line."""
    return shortened(text.encode("unicode_escape").decode(), MAX_LOGGED_CHARS)


def _answer(request: HttpRequest, error: ApiError) -> HttpResponse:
    return json_error(error) if is_api(request) else error_page(request, error)
