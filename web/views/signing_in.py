"""Signing in and out, registration, password reset, and the language."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import check_for_language
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST
from django.views.i18n import LANGUAGE_QUERY_PARAMETER, set_language

from accounts import profiles, services, sign_in
from accounts.credentials import check_credentials
from accounts.errors import EmailTakenError, ResetTokenInvalidError
from accounts.known_devices import remember_device, shown_tokens
from accounts.page_sessions import (
    page_actor,
    sign_in_page,
    sign_out_page,
)
from apikit.errors import ApiError
from apikit.throttling import client_address
from web.forms.accounts import (
    EmailConfirmForm,
    RegisterForm,
    ResetForm,
    ResetRequestForm,
    SignInForm,
)
from web.forms.base import PageForm
from web.invitations import invited_email
from web.pages import form_page, local_target


@sensitive_post_parameters("password")
def show_sign_in(request: HttpRequest) -> HttpResponse:
    if _has_account(request):
        return redirect(_target(request))
    form = SignInForm(request.POST or None, initial={"email": invited_email(_target(request))})
    if request.method == "POST" and form.is_valid():
        try:
            user = check_credentials(
                **form.cleaned_data,
                address=client_address(request),
                device_tokens=shown_tokens(request),
            )
        except ApiError as error:
            form.refuse(error)
        else:
            sign_in_page(request, user)
            return redirect(_target(request))
    return form_page(request, "web/sign_in.html", form, next=_target(request))


@sensitive_post_parameters("password")
def show_register(request: HttpRequest) -> HttpResponse:
    if _has_account(request):
        return redirect(_target(request))
    form = RegisterForm(request.POST or None, initial={"email": invited_email(_target(request))})
    if request.method == "POST" and form.is_valid():
        try:
            user = services.register_user(**form.cleaned_data)
        except ApiError as error:
            form.refuse(error, "email" if isinstance(error, EmailTakenError) else None)
        else:
            sign_in_page(request, user)
            messages.success(request, _("Welcome! Your account is ready."))
            return redirect(_target(request))
    return form_page(request, "web/register.html", form, next=_target(request))


def choose_language(request: HttpRequest) -> HttpResponse:
    """Chooses the language of the pages, and of emails to the account."""
    response: HttpResponse = set_language(request)
    language = request.POST.get(LANGUAGE_QUERY_PARAMETER, "")
    actor = page_actor(request)
    if actor.id is not None and check_for_language(language):
        services.remember_language(user_id=actor.id, language=language)
    return response


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    sign_out_page(request)
    messages.info(request, _("You’re signed out."))
    return redirect(_target(request))


@sensitive_post_parameters("new_password", "token")
def show_reset(request: HttpRequest) -> HttpResponse:
    """Requests a reset link, or, with its ``token``, sets the new password."""
    if "token" in request.GET or "token" in request.POST:
        return _choose_password(request)
    form = ResetRequestForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        sign_in.request_password_reset(**form.cleaned_data)
        return redirect("web:reset-sent")
    return form_page(request, "web/reset_request.html", form)


@require_GET
def show_reset_sent(request: HttpRequest) -> HttpResponse:
    """Shows the same page whether the account exists or not."""
    return form_page(request, "web/reset_sent.html", PageForm())


def _choose_password(request: HttpRequest) -> HttpResponse:
    form = ResetForm(request.POST or None, initial={"token": request.GET.get("token", "")})
    is_spent = False
    if request.method == "POST" and form.is_valid():
        try:
            user = sign_in.confirm_password_reset(**form.cleaned_data)
        except ApiError as error:
            is_spent = isinstance(error, ResetTokenInvalidError)
            form.refuse(error)
        else:
            remember_device(request, user)
            messages.success(request, _("Password changed. Sign in with your new password."))
            return redirect("web:sign-in")
    return form_page(request, "web/reset.html", form, is_spent=is_spent)


@sensitive_post_parameters("token")
def confirm_email(request: HttpRequest) -> HttpResponse:
    """Confirms a new email address with a form: mail scanners open links, but send no forms."""
    form = EmailConfirmForm(request.POST or None, initial={"token": request.GET.get("token", "")})
    is_refused = False
    if request.method == "POST" and form.is_valid():
        try:
            profiles.confirm_email_change(**form.cleaned_data)
        except ApiError as error:
            is_refused = True
            form.refuse(error)
        else:
            messages.success(request, _("Email address changed."))
            return redirect("web:account" if _has_account(request) else "web:sign-in")
    return form_page(request, "web/confirm_email.html", form, is_refused=is_refused)


def _has_account(request: HttpRequest) -> bool:
    actor = page_actor(request)
    return actor.is_authenticated and not actor.is_guest


def _target(request: HttpRequest) -> str:
    """Returns the page to open after signing in; only within the site."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    return local_target(request, target, fallback=reverse("web:home"))
