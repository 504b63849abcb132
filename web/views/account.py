"""Ways in and out, and one's own account."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from accounts.page_sessions import sign_out_page


def sign_in(request: HttpRequest) -> HttpResponse:
    return render(request, "web/home.html")


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    sign_out_page(request)
    return redirect("web:home")


def show(request: HttpRequest) -> HttpResponse:
    return render(request, "web/home.html")
