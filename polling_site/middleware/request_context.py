"""The outermost Django middleware: canonical paths, request ids, default headers."""

import re
import time
from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any

import structlog
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import sync_and_async_middleware

from apikit.errors import InvalidRequestError
from apikit.exception_handler import json_error
from apikit.ids import new_id
from apikit.throttling import remember_client
from polling_site.error_handlers import log_refusal
from polling_site.paths import canonical_path, is_api
from polling_site.security_headers import api_headers, security_headers

log = structlog.get_logger(__name__)

# Pages with personal data, or with a token in the URL.
_NEVER_STORED = re.compile("/(?:account|confirm-email|invitations|reset)(?:/|$)")


@sync_and_async_middleware
def request_context(get_response: Callable[[HttpRequest], Any]) -> Callable[..., Any]:
    """Asynchronous under ASGI, to save a thread hop; synchronous in the test client."""
    if iscoroutinefunction(get_response):

        async def respond_later(request: HttpRequest) -> HttpResponse:
            started = _prepare(request)
            response: HttpResponse = _refusal(request) or await get_response(request)
            return _finish(request, response, started)

        return respond_later

    def respond(request: HttpRequest) -> HttpResponse:
        started = _prepare(request)
        return _finish(request, _refusal(request) or get_response(request), started)

    return respond


def _prepare(request: HttpRequest) -> float:
    request.path_info = canonical_path(request.path_info)
    begin_request()
    remember_client(request.META.get("REMOTE_ADDR"))
    return time.perf_counter()


def begin_request() -> str:
    """Starts a new request id for log lines, and returns it."""
    request_id = str(new_id())
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=request_id)
    return request_id


def _refusal(request: HttpRequest) -> HttpResponse | None:
    """Refuses host names that are not the site's, as CommonMiddleware does for pages.

    Health checks are exempt: load balancers may use any address.
    """
    if not request.path_info.startswith("/api"):
        return None
    try:
        request.get_host()
    except DisallowedHost:
        error = InvalidRequestError("The site does not answer to this host name.")
        log_refusal(request, error, DisallowedHost.__name__)
        return json_error(error)
    return None


def _finish(request: HttpRequest, response: HttpResponse, started: float) -> HttpResponse:
    response["X-Request-Id"] = structlog.contextvars.get_contextvars()["request_id"]
    for name, value in (api_headers() if is_api(request) else security_headers()).items():
        response.setdefault(name, value)
    if not is_api(request):
        # Pages depend on the session and the language.
        is_stored = not _NEVER_STORED.match(request.path_info)
        cached = "private, no-cache" if is_stored else "private, no-cache, no-store"
        response.setdefault("Cache-Control", cached)
    elif not response.streaming:
        # As CommonMiddleware does for pages.
        response.setdefault("Content-Length", str(len(response.content)))
    log.debug(
        "request",
        method=request.method,
        path=request.path,
        status=response.status_code,
        ms=round((time.perf_counter() - started) * 1000, 1),
    )
    return response
