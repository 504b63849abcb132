"""JSON responses for the pages' scripts, which send to the same URLs as forms do."""

import functools
from collections.abc import Callable
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse

from apikit.errors import ApiError
from apikit.exception_handler import as_api_error
from apikit.wire import Wire, to_wire

View = Callable[..., HttpResponse]


def is_fetch(request: HttpRequest) -> bool:
    """Whether a script sent the request and expects JSON, not a page."""
    return request.headers.get("Accept") == "application/json"


def json_answer(body: Wire) -> JsonResponse:
    return _private(JsonResponse(to_wire(body)))


def json_refusal(error: ApiError) -> JsonResponse:
    """The error in the API's format; the script has a translated sentence for its code."""
    response = JsonResponse(error.as_body(), status=error.http_status)
    if error.retry_after_s is not None:
        response["Retry-After"] = str(error.retry_after_s)
    return _private(response)


def refuses_in_json(view: View) -> View:
    """Decorates a view: errors become JSON for scripts, and stay exceptions for browsers."""

    @functools.wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except (ApiError, OperationalError, InterfaceError) as error:
            if not is_fetch(request):
                raise
            return json_refusal(as_api_error(error))

    return answer


def _private(response: JsonResponse) -> JsonResponse:
    # Personal and outdated at once.
    response["Cache-Control"] = "private, no-store"
    return response
