"""The account page."""

from collections.abc import Callable
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from accounts import profiles, services, sign_in
from accounts.errors import EmailTakenError
from accounts.models import PresenceStatus, User
from accounts.page_sessions import (
    outlive_password_change,
    page_actor,
    page_user,
    sign_out_page,
)
from accounts.selectors import list_sign_ins
from accounts.tasks import request_erasure
from apikit.errors import ApiError
from web.forms.accounts import (
    DigestForm,
    EmailForm,
    EraseForm,
    PasswordForm,
    ProfileForm,
    StatusForm,
)
from web.forms.base import PageForm
from web.pages import form_page
from web.user_agents import describe_user_agent
from web.views.signing_in import sign_out


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
