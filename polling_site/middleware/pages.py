"""Django's middleware for pages; API requests skip it.

Under ASGI each of these costs a thread hop per request (measured: six of them reduce a DRF view
from 1,150 to 560 requests a second). The API needs none of them: it authenticates by token, and
has neither forms nor HTML.
"""

from typing import Any

from csp.middleware import CSPMiddleware
from django.contrib.auth import middleware as auth
from django.contrib.messages import middleware as messages
from django.contrib.sessions import middleware as sessions
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware import clickjacking, common, csrf, gzip, locale, security
from django.utils import translation
from django.utils.functional import SimpleLazyObject

from accounts.browser_guests import set_browser_cookie
from accounts.known_devices import set_device_cookie
from accounts.page_sessions import page_user
from polling_site.paths import is_api
from web import middleware as web

_ADMIN_PREFIX = "/admin/"


class _PagesOnly:
    """Mixin for a ``MiddlewareMixin`` class: passes API requests on unchanged.

    In an asynchronous chain ``get_response`` returns a coroutine, and so does this.
    """

    get_response: Any

    def __call__(self, request: HttpRequest) -> Any:
        if is_api(request):
            return self.get_response(request)
        return super().__call__(request)  # type: ignore[misc]


class SecurityMiddleware(_PagesOnly, security.SecurityMiddleware): ...


class GZipMiddleware(_PagesOnly, gzip.GZipMiddleware):
    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> Any:
        """Leaves streamed files with a known length as they are, so that browsers show progress."""
        if response.streaming and response.has_header("Content-Length"):
            return response
        return super().process_response(request, response)


class ContentSecurityPolicyMiddleware(_PagesOnly, CSPMiddleware): ...


class SessionMiddleware(_PagesOnly, sessions.SessionMiddleware): ...


class LocaleMiddleware(_PagesOnly, locale.LocaleMiddleware):
    def process_request(self, request: HttpRequest) -> None:
        """Serves the admin in English, because our texts in it are not translated."""
        if request.path_info.startswith(_ADMIN_PREFIX):
            translation.activate("en")
            request.LANGUAGE_CODE = "en"
        else:
            super().process_request(request)


class CommonMiddleware(_PagesOnly, common.CommonMiddleware): ...


class CsrfViewMiddleware(_PagesOnly, csrf.CsrfViewMiddleware):
    def process_view(self, request: HttpRequest, *args: Any) -> Any:
        # The handler calls this directly, not through __call__.
        return None if is_api(request) else super().process_view(request, *args)


class AuthenticationMiddleware(_PagesOnly, auth.AuthenticationMiddleware):
    def process_request(self, request: HttpRequest) -> None:
        """Ends sessions, in the admin too, when their sign-in has ended."""
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
        # The handler calls this directly, not through __call__.
        return None if is_api(request) else super().process_exception(request, exception)
