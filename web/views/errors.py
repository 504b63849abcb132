"""Error pages."""

import functools
import re
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from apikit.errors import ApiError, AuthenticationRequiredError, GuestRefusedError
from web.forms.join import JoinForm
from web.messages import sentence_of
from web.pages import local_target


def answer_refusal(request: HttpRequest, error: ApiError) -> HttpResponse:
    """Returns a page for ``error``, or redirects to the sign-in page if that solves it."""
    if isinstance(error, AuthenticationRequiredError | GuestRefusedError):
        # Return only to a page that was viewed: a form would be sent again, empty.
        sent = request.get_full_path() if request.method == "GET" else ""
        target = local_target(request, sent, fallback=reverse("web:home"))
        return redirect(f"{reverse('web:sign-in')}?{urlencode({'next': target})}")
    return error_page(request, error)


def error_page(request: HttpRequest, error: ApiError, *, reason: str = "") -> HttpResponse:
    """Renders the page for ``error``, with advice.

    Something broke where the status is 5xx, maybe the database: then the page is made without
    asking who is looking.
    """
    status = error.http_status
    title, advice = _words(error, reason)
    context: dict[str, Any] = {"title": title, "advice": advice, "status": status.value}
    if status == HTTPStatus.NOT_FOUND:
        context["form"] = JoinForm(initial={"code": _mistyped_code(request)})
    is_ours_to_blame = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    response = HttpResponse(
        render_to_string("web/error.html", context, None if is_ours_to_blame else request),
        status=status,
    )
    if error.retry_after_s is not None:
        response["Retry-After"] = str(error.retry_after_s)
    return response


def _mistyped_code(request: HttpRequest) -> str:
    """Returns the code in ``/p/<code>``, to be corrected; empty for other paths."""
    match = re.fullmatch(r"/p/([^/]{1,20})(?:/.*)?", request.path)
    return match[1] if match else ""


def sign_in_queue_page(request: HttpRequest, error: ApiError) -> HttpResponse:
    """Returns the page for a full sign-in queue; cached per language, without session."""
    language = translation.get_language_from_request(request)
    html = _sign_in_queue_html(language)
    headers = {
        "Cache-Control": "no-store",
        "Content-Length": str(len(html)),
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
        "Retry-After": str(error.retry_after_s),
        "X-Content-Type-Options": "nosniff",
    }
    return HttpResponse(html, status=error.http_status, headers=headers)


def prepare_sign_in_queue_page() -> None:
    """Renders the page in all languages, so that no refusal waits for its template."""
    for language, _name in settings.LANGUAGES:
        _sign_in_queue_html(language)


@functools.cache
def _sign_in_queue_html(language: str) -> bytes:
    with translation.override(language):
        return render_to_string("web/sign_in_queue.html").encode()


def _words(error: ApiError, reason: str) -> tuple[str, str]:
    """Returns a title and advice for ``error``."""
    titles = {
        HTTPStatus.FORBIDDEN: _("You don’t have access"),
        HTTPStatus.NOT_FOUND: _("Page not found"),
        HTTPStatus.TOO_MANY_REQUESTS: _("One moment, please"),
        HTTPStatus.INTERNAL_SERVER_ERROR: _("Something went wrong on our end"),
        HTTPStatus.SERVICE_UNAVAILABLE: _("We’ll be right back"),
    }
    advice = {
        HTTPStatus.NOT_FOUND: _(
            "The address may be wrong, or the page no longer exists. "
            "If you have a join code, enter it here."
        ),
        HTTPStatus.INTERNAL_SERVER_ERROR: _(
            "We’ve logged the problem. Confirmed votes are counted. Try again in a moment."
        ),
    }
    if reason == "form-expired":
        return _("This form has expired"), _(
            "Go back, reload the page, and try again. Make sure cookies are allowed."
        )
    return (
        titles.get(error.http_status, _("That didn’t work")),
        advice.get(error.http_status, sentence_of(error)),
    )
