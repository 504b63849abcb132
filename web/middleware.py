"""Turns errors that no view has handled into pages."""

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin

from apikit.errors import ApiError
from apikit.exception_handler import as_api_error
from web.views.errors import answer_refusal


class PageErrorMiddleware(MiddlewareMixin):
    """Handles API errors and an unreachable database; anything else is a bug and a 500."""

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, ApiError | OperationalError | InterfaceError):
            return answer_refusal(request, as_api_error(exception))
        return None
