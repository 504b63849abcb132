"""How views answer with a page."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from web.forms.base import PageForm


def form_page(request: HttpRequest, template: str, form: PageForm, **context: Any) -> HttpResponse:
    """The page of a form, with the status and the wait that its refusal asks for."""
    response = render(request, template, {"form": form, **context}, status=form.answer_status)
    if form.retry_after_s is not None:
        response["Retry-After"] = str(form.retry_after_s)
    return response
