"""Sign-in, registration, password reset, and the account page."""

from collections.abc import Callable
from uuid import UUID

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
from accounts.models import PresenceStatus, User
from accounts.page_sessions import (
    outlive_password_change,
    page_actor,
    page_user,
    sign_in_page,
    sign_out_page,
)
from accounts.selectors import list_sign_ins
from accounts.tasks import request_erasure
from apikit.errors import ApiError
from apikit.throttling import client_address
from web.forms.accounts import (
    DigestForm,
    EmailConfirmForm,
    EmailForm,
    EraseForm,
    PasswordForm,
    ProfileForm,
    RegisterForm,
    ResetForm,
    ResetRequestForm,
    SignInForm,
    StatusForm,
)
from web.forms.base import PageForm
from web.invitations import invited_email
from web.pages import form_page, local_target
from web.user_agents import describe_user_agent


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


# The account page


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    return _account_page(request, _own_forms(_account_of(request)))


@require_POST
def change_profile(request: HttpRequest) -> HttpResponse:
    def change(form: PageForm) -> None:
        profiles.update_profile(actor=page_actor(request), **form.cleaned_data)

    return _change(request, "profile", ProfileForm(request.POST), change, _("Profile saved."))


@sensitive_post_parameters("current_password")
@require_POST
def change_email(request: HttpRequest) -> HttpResponse:
    def change(form: PageForm) -> None:
        try:
            user = profiles.update_profile(actor=page_actor(request), **form.cleaned_data)
            if not user.pending_email:
                form.add_error("email", _("This is already your email address."))
        except EmailTakenError as error:
            form.refuse(error, "email")

    done = _(
        "Open the link we sent to your new address. Until you do, your old address stays in use."
    )
    return _change(request, "email", EmailForm(request.POST), change, done)


@require_POST
def cancel_email_change(request: HttpRequest) -> HttpResponse:
    profiles.update_profile(actor=page_actor(request), email=_account_of(request).email)
    messages.success(request, _("Email change canceled."))
    return redirect("web:account")


@require_POST
def change_status(request: HttpRequest) -> HttpResponse:
    def change(form: PageForm) -> None:
        services.set_status(
            actor=page_actor(request),
            status=PresenceStatus(form.cleaned_data["status"]),
            text=form.cleaned_data["text"],
        )

    return _change(request, "status", StatusForm(request.POST), change, _("Status saved."))


@require_POST
def change_digest(request: HttpRequest) -> HttpResponse:
    def change(form: PageForm) -> None:
        profiles.update_profile(actor=page_actor(request), **form.cleaned_data)

    return _change(request, "digest", DigestForm(request.POST), change, _("Emails saved."))


@sensitive_post_parameters("current_password", "new_password")
@require_POST
def change_password(request: HttpRequest) -> HttpResponse:
    def change(form: PageForm) -> None:
        sign_in.change_password(actor=page_actor(request), **form.cleaned_data)
        outlive_password_change(request)

    done = _("Password changed. You’re signed out on all other devices.")
    return _change(request, "password", PasswordForm(request.POST), change, done)


@sensitive_post_parameters("current_password")
@require_POST
def erase(request: HttpRequest) -> HttpResponse:
    """Creates the job that erases the account, and signs out."""
    forms = _own_forms(_account_of(request))
    form = EraseForm(request.POST)
    if form.is_valid():
        try:
            request_erasure(actor=page_actor(request), **form.cleaned_data)
        except ApiError as error:
            form.refuse(error)
        else:
            sign_out_page(request)
            messages.info(request, _("Your account is being deleted."))
            return redirect("web:home")
    return _account_page(request, forms | {"erase": form})


@require_POST
def end_sign_in(request: HttpRequest, family_id: UUID) -> HttpResponse:
    actor = page_actor(request)
    actor.account_id()
    if family_id == actor.family_id:
        return sign_out(request)
    sign_in.end_sign_in(actor=actor, family_id=family_id)
    messages.success(request, _("Device signed out."))
    return redirect(reverse("web:account") + "#sign-ins")


@require_POST
def end_all_sign_ins(request: HttpRequest) -> HttpResponse:
    actor = page_actor(request)
    actor.account_id()
    sign_in.end_all_sign_ins(actor=actor)
    sign_out_page(request)
    messages.info(request, _("You’re signed out everywhere."))
    return redirect("web:home")


def _change(
    request: HttpRequest,
    name: str,
    form: PageForm,
    change: Callable[[PageForm], None],
    done: str,
) -> HttpResponse:
    """Applies a form's change, or shows the account page with its errors."""
    forms = _own_forms(_account_of(request))
    if form.is_valid():
        try:
            change(form)
        except ApiError as error:
            form.refuse(error)
        if form.is_valid():
            messages.success(request, done)
            return redirect("web:account")
    return _account_page(request, forms | {name: form})


def _account_page(request: HttpRequest, forms: dict[str, PageForm]) -> HttpResponse:
    shown = next((form for form in forms.values() if form.errors), forms["profile"])
    actor = page_actor(request)
    sign_ins = [
        {"family": family, "where": describe_user_agent(family.user_agent)}
        for family in list_sign_ins(actor)
    ]
    return form_page(request, "web/account.html", shown, forms=forms, sign_ins=sign_ins)


def _own_forms(user: User) -> dict[str, PageForm]:
    """The forms with current values. Their ids differ, since they share a page."""
    return {
        "profile": ProfileForm(initial={"name": user.name}),
        "email": EmailForm(initial={"email": user.email}),
        "status": StatusForm(initial={"status": user.shown_status, "text": user.status_text}),
        "digest": DigestForm(initial={"digest": user.digest}),
        "password": PasswordForm(),
        "erase": EraseForm(),
    }


def _account_of(request: HttpRequest) -> User:
    """Returns the account of the session.

    :raises GuestRefusedError, AuthenticationRequiredError: if there is none.
    """
    page_actor(request).account_id()
    user = page_user(request)
    assert isinstance(user, User)
    return user


def _has_account(request: HttpRequest) -> bool:
    actor = page_actor(request)
    return actor.is_authenticated and not actor.is_guest


def _target(request: HttpRequest) -> str:
    """Returns the page to open after signing in; only within the site."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    return local_target(request, target, fallback=reverse("web:home"))
