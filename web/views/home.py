"""``/``: what this is, the way to a poll, and one's own polls."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def show(request: HttpRequest) -> HttpResponse:
    return render(request, "web/home.html")
