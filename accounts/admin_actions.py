"""Admin actions for the selected users."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import DELETION
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from accounts import services, staff
from accounts.errors import AccountSuspendedError
from accounts.models import User
from accounts.moderation.actions import ConfirmationPage, ObjectAction, run_for_each
from accounts.moderation.base import ModerationAdmin
from accounts.moderation.forms import NewPasswordForm, SuspensionForm
from accounts.sign_in import request_password_reset
from accounts.tasks import request_erasure_of
from apikit.actors import Actor
from apikit.errors import GuestRefusedError

UserModelAdmin = ModerationAdmin[User]
Users = QuerySet[User]

SUSPEND = ConfirmationPage(
    action="suspend_users",
    title="Suspend",
    button="Suspend",
    warning="Their tokens, sessions and sockets stop working immediately.",
    form_class=SuspensionForm,
)
DELETE = ConfirmationPage(
    action="delete_selected",
    title="Delete",
    button="Delete permanently",
    warning=(
        "This also deletes their votes and messages, and the polls they created with everyone's "
        "votes in them. It cannot be undone. Suspending can."
    ),
)
ERASE = ConfirmationPage(
    action="erase_users",
    title="Erase",
    button="Erase permanently",
    warning=(
        "A job deletes everything about them: name, email address, sign-ins, messages, uploads, "
        "and the polls they created outside of projects. Their votes stay counted, without a link "
        "to them. The job can be cancelled until it begins; after that it cannot be undone. The "
        "reason is erased, too."
    ),
)
SET_PASSWORD = ConfirmationPage(
    action="set_password_of_one",
    title="Set a password",
    button="Set the password",
    warning="All their sign-ins end. If they can receive email, send a link instead.",
    form_class=NewPasswordForm,
)


@admin.action(description="Suspend…", permissions=["change"])
def suspend_users(
    model_admin: UserModelAdmin, request: HttpRequest, users: Users
) -> HttpResponse | None:
    form = SUSPEND.form(request)
    if not form.is_valid():
        return SUSPEND.render(model_admin, request, users, form)
    values: dict[str, Any] = form.cleaned_data
    withdraws = values["votes"] == "withdraw"

    def run(actor: Actor, user: User) -> bool:
        services.suspend_user(
            actor=actor,
            user_id=user.pk,
            reason=values["reason"],
            withdraws_contributions=withdraws,
        )
        return True

    outcome = "suspended, votes and messages removed" if withdraws else "suspended"
    action = ObjectAction(run=run, outcome=outcome, is_one_transaction=not withdraws)
    run_for_each(model_admin, request, users, action, reason=values["reason"])
    return None


@admin.action(description="Restore", permissions=["change"])
def restore_users(model_admin: UserModelAdmin, request: HttpRequest, users: Users) -> None:
    def run(actor: Actor, user: User) -> bool:
        if user.is_active:
            return False
        services.restore_user(actor=actor, user_id=user.pk)
        return True

    run_for_each(model_admin, request, users, ObjectAction(run=run, outcome="restored"))


@admin.action(description="Send a link for a new password", permissions=["change"])
def send_links(model_admin: UserModelAdmin, request: HttpRequest, users: Users) -> None:
    def run(actor: Actor, user: User) -> bool:
        if user.email is None:
            raise GuestRefusedError("Guests have no password.")
        if not user.is_active:
            raise AccountSuspendedError("This account is suspended.")
        request_password_reset(email=user.email)
        return True

    run_for_each(
        model_admin, request, users, ObjectAction(run=run, outcome="sent a link for a new password")
    )


@admin.action(description="Set a password…", permissions=["superuser"])
def set_password_of_one(
    model_admin: UserModelAdmin, request: HttpRequest, users: Users
) -> HttpResponse | None:
    if users.count() != 1:
        messages.error(
            request, "Select one user only: two people should not have the same password."
        )
        return None
    form = SET_PASSWORD.form(request)
    if not form.is_valid():
        return SET_PASSWORD.render(model_admin, request, users, form)
    values: dict[str, Any] = form.cleaned_data

    def run(actor: Actor, user: User) -> bool:
        password = values["new_password"]
        staff.replace_password(actor=actor, user_id=user.pk, new_password=password)
        return True

    action = ObjectAction(run=run, outcome="password set")
    run_for_each(model_admin, request, users, action, reason=values["reason"])
    return None


@admin.action(description="Erase…", permissions=["delete"])
def erase_users(
    model_admin: UserModelAdmin, request: HttpRequest, users: Users
) -> HttpResponse | None:
    form = ERASE.form(request)
    if not form.is_valid():
        return ERASE.render(model_admin, request, users, form)

    def run(actor: Actor, user: User) -> bool:
        request_erasure_of(actor=actor, user=user)
        return True

    action = ObjectAction(run=run, outcome="job created that erases them")
    run_for_each(model_admin, request, users, action, reason=form.cleaned_data["reason"])
    return None


@admin.action(description="Delete…", permissions=["delete"])
def delete_selected(
    model_admin: UserModelAdmin, request: HttpRequest, users: Users
) -> HttpResponse | None:
    """Replace Django's action of this name."""
    form = DELETE.form(request)
    if not form.is_valid():
        return DELETE.render(model_admin, request, users, form)

    def run(actor: Actor, user: User) -> bool:
        services.delete_user(actor=actor, user_id=user.pk)
        return True

    action = ObjectAction(run=run, outcome="deleted", flag=DELETION, is_one_transaction=False)
    run_for_each(model_admin, request, users, action, reason=form.cleaned_data["reason"])
    return None
