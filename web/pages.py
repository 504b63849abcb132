"""Responses with a page."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.page_sessions import page_actor
from web.forms.base import PageForm

SEARCH_MAX_CHARS = 100

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def accounts_only(view: View[P]) -> View[P]:
    """Shows guests a page that offers them an account, in place of the view.

    :raises AuthenticationRequiredError: for visitors.
    """

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        actor = page_actor(request)
        if actor.is_guest:
            return render(request, "web/manage_guest.html", status=403)
        actor.account_id()
        return view(request, *args, **kwargs)

    return guarded


def form_page(request: HttpRequest, template: str, form: PageForm, **context: Any) -> HttpResponse:
    """Renders the page of a form, with the status and Retry-After of its error."""
    response = render(request, template, {"form": form, **context}, status=form.answer_status)
    if form.retry_after_s is not None:
        response["Retry-After"] = str(form.retry_after_s)
    return response


def local_target(request: HttpRequest, target: str, fallback: str) -> str:
    """Returns ``target`` if it is a path on this site, otherwise ``fallback``.

    Relative paths are not accepted: ``redirect`` would take them for the name of a view.
    """
    is_ours = target.startswith("/") and url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if is_ours else fallback


def page_number(request: HttpRequest) -> int:
    """Returns the page of a list from the query string; 1 for anything invalid."""
    page = request.GET.get("page", "")
    number = int(page) if page.isascii() and page.isdigit() and len(page) < 7 else 1
    return max(1, number)


def search_text(request: HttpRequest, name: str = "search") -> str:
    """Returns a text to search for; PostgreSQL refuses those with a NUL, which no name contains."""
    return (
        request.GET.get(name, "")
        .replace("\0", "\N{REPLACEMENT CHARACTER}")
        .strip()[:SEARCH_MAX_CHARS]
    )
