"""Django's middleware for pages, which stands aside for the API.

Under ASGI each of these costs a hop to a thread per request (measured: a DRF view falls from 1,150
to 560 requests a second with six of them), and the API uses none of what they offer: it knows
people by token, has no forms and frames nothing.
"""

from typing import Any

from csp.middleware import CSPMiddleware
from django.contrib.auth import middleware as auth
from django.contrib.messages import middleware as messages
from django.contrib.sessions import middleware as sessions
from django.http import HttpRequest, HttpResponse
from django.middleware import clickjacking, common, csrf, gzip, locale, security
from django.utils import translation
from django.utils.functional import SimpleLazyObject

from accounts.browser_guests import set_browser_cookie
from accounts.known_devices import set_device_cookie
from accounts.page_sessions import page_user
from web import middleware as web

_API_PREFIXES = ("/api/", "/health", "/metrics")
_PAGES_UNDER_API = {"/api/docs"}
_ADMIN_PREFIX = "/admin/"


def is_api(request: HttpRequest) -> bool:
    """Whether a program asks, rather than a browser for a page."""
    path = request.path_info
    return path == "/api" or (path.startswith(_API_PREFIXES) and path not in _PAGES_UNDER_API)


class _PagesOnly:
    """In front of a ``MiddlewareMixin`` class: an API request goes straight on to what follows.

    Where the chain is asynchronous, ``get_response`` returns a coroutine, and so does this.
    """

    get_response: Any

    def __call__(self, request: HttpRequest) -> Any:
        if is_api(request):
            return self.get_response(request)
        return super().__call__(request)  # type: ignore[misc]


class SecurityMiddleware(_PagesOnly, security.SecurityMiddleware): ...


class GZipMiddleware(_PagesOnly, gzip.GZipMiddleware): ...


class ContentSecurityPolicyMiddleware(_PagesOnly, CSPMiddleware): ...


class SessionMiddleware(_PagesOnly, sessions.SessionMiddleware): ...


class LocaleMiddleware(_PagesOnly, locale.LocaleMiddleware):
    def process_request(self, request: HttpRequest) -> None:
        """The admin is in English for everybody: its own texts are not translated."""
        if request.path_info.startswith(_ADMIN_PREFIX):
            translation.activate("en")
            request.LANGUAGE_CODE = "en"
        else:
            super().process_request(request)


class CommonMiddleware(_PagesOnly, common.CommonMiddleware): ...


class CsrfViewMiddleware(_PagesOnly, csrf.CsrfViewMiddleware):
    def process_view(self, request: HttpRequest, *args: Any) -> Any:
        # Called by the handler, past __call__.
        return None if is_api(request) else super().process_view(request, *args)


class AuthenticationMiddleware(_PagesOnly, auth.AuthenticationMiddleware):
    def process_request(self, request: HttpRequest) -> None:
        """For the admin too, a session ends with the sign-in behind it."""
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: page_user(request))  # type: ignore[assignment]

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        set_browser_cookie(request, response)
        set_device_cookie(request, response)
        return response


class MessageMiddleware(_PagesOnly, messages.MessageMiddleware): ...


class XFrameOptionsMiddleware(_PagesOnly, clickjacking.XFrameOptionsMiddleware): ...


class PageErrorMiddleware(_PagesOnly, web.PageErrorMiddleware):
    def process_exception(self, request: HttpRequest, exception: Exception) -> Any:
        # Called by the handler, past __call__.
        return None if is_api(request) else super().process_exception(request, exception)
