"""The page that asks before something that cannot be undone."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """What is asked; the form is sent to the address of the page."""

    title: str
    name: str
    lines: Sequence[str]
    items: Sequence[str] = ()
    button: str
    cancel_url: str
    is_danger: bool = True
    hidden: Sequence[tuple[str, str]] = ()


def ask(request: HttpRequest, confirmation: Confirmation) -> HttpResponse:
    """Renders the page."""
    return render(request, "web/confirm.html", {"ask": confirmation})
