"""How views answer with a page."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

from web.forms.base import PageForm


def form_page(request: HttpRequest, template: str, form: PageForm, **context: Any) -> HttpResponse:
    """The page of a form, with the status and the wait that its refusal asks for."""
    response = render(request, template, {"form": form, **context}, status=form.answer_status)
    if form.retry_after_s is not None:
        response["Retry-After"] = str(form.retry_after_s)
    return response


def own_address(request: HttpRequest, text: str) -> str | None:
    """``text``, such as a `next` parameter, if it is an address of this site; else None.

    It has to begin with a slash or a scheme: ``redirect`` takes a bare word for a view's name,
    and raises where there is none.
    """
    is_address = text.startswith(("/", "http://", "https://"))
    is_ours = is_address and url_has_allowed_host_and_scheme(
        text, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return text if is_ours else None
