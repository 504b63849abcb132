"""The one place where a refusal that no page has dealt with becomes a page."""

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin

from apikit.errors import ApiError
from apikit.exception_handler import as_api_error
from web.views.errors import answer_refusal


class PageErrorMiddleware(MiddlewareMixin):
    """Only for refusals and for a database that is away: what else happens is a bug, and a 500."""

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, ApiError | OperationalError | InterfaceError):
            return answer_refusal(request, as_api_error(exception))
        return None
