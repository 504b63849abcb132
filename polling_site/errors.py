"""Django's own refusals, in the form the asker understands: JSON for the API, else a page."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views import defaults

from apikit import errors
from apikit.errors import ApiError
from apikit.exception_handler import json_error
from polling_site.page_middleware import is_api


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _api_error(request, errors.InvalidRequestError()) or defaults.bad_request(
        request, exception
    )


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _api_error(request, errors.ForbiddenError()) or defaults.permission_denied(
        request, exception
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _api_error(request, errors.NotFoundError()) or defaults.page_not_found(
        request, exception
    )


def server_error(request: HttpRequest, *args: Any) -> HttpResponse:
    return _api_error(request, errors.ServerError()) or defaults.server_error(request)


def _api_error(request: HttpRequest, error: ApiError) -> HttpResponse | None:
    return json_error(error) if is_api(request) else None
