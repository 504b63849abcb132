"""What staff do to people they have chosen on the desk."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import DELETION
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from accounts import services, staff
from accounts.desk import DeskAdmin
from accounts.desk_actions import Deed, Question, do_to_each
from accounts.desk_forms import NewPasswordForm, SuspensionForm
from accounts.errors import AccountSuspendedError
from accounts.models import User
from accounts.sign_in import request_password_reset
from apikit.actors import Actor
from apikit.errors import GuestRefusedError

Desk = DeskAdmin[User]
Users = QuerySet[User]

SUSPEND = Question(
    action="suspend_users",
    title="Suspend",
    button="Suspend",
    warning="Their tokens, sessions and sockets stop working at once.",
    form_class=SuspensionForm,
)
DELETE = Question(
    action="delete_selected",
    title="Delete",
    button="Delete for good",
    warning=(
        "With them go their votes and the polls they created, with everybody's votes in those. "
        "This can't be undone; suspending can."
    ),
)
SET_PASSWORD = Question(
    action="set_password_of_one",
    title="Set a password",
    button="Set the password",
    warning="All their sign-ins end. Sending a link is better, wherever it reaches them.",
    form_class=NewPasswordForm,
)


@admin.action(description="Suspend…", permissions=["change"])
def suspend_users(desk: Desk, request: HttpRequest, users: Users) -> HttpResponse | None:
    form = SUSPEND.form(request)
    if not form.is_valid():
        return SUSPEND.page(desk, request, users, form)
    answer: dict[str, Any] = form.cleaned_data
    withdraws = answer["votes"] == "withdraw"

    def act(actor: Actor, user: User) -> bool:
        services.suspend_user(
            actor=actor,
            user_id=user.pk,
            reason=answer["reason"],
            withdraws_contributions=withdraws,
        )
        return True

    done = "suspended, votes removed" if withdraws else "suspended"
    deed = Deed(act=act, done=done, is_one_transaction=not withdraws)
    do_to_each(desk, request, users, deed, reason=answer["reason"])
    return None


@admin.action(description="Restore", permissions=["change"])
def restore_users(desk: Desk, request: HttpRequest, users: Users) -> None:
    def act(actor: Actor, user: User) -> bool:
        if user.is_active:
            return False
        services.restore_user(actor=actor, user_id=user.pk)
        return True

    do_to_each(desk, request, users, Deed(act=act, done="restored"))


@admin.action(description="Send a link for a new password", permissions=["change"])
def send_links(desk: Desk, request: HttpRequest, users: Users) -> None:
    def act(actor: Actor, user: User) -> bool:
        if user.email is None:
            raise GuestRefusedError("Guests have no password.")
        if not user.is_active:
            raise AccountSuspendedError("This account is suspended.")
        request_password_reset(email=user.email)
        return True

    do_to_each(desk, request, users, Deed(act=act, done="sent a link for a new password"))


@admin.action(description="Set a password…", permissions=["superuser"])
def set_password_of_one(desk: Desk, request: HttpRequest, users: Users) -> HttpResponse | None:
    if users.count() != 1:
        messages.error(request, "One at a time: two people should not have the same password.")
        return None
    form = SET_PASSWORD.form(request)
    if not form.is_valid():
        return SET_PASSWORD.page(desk, request, users, form)
    answer: dict[str, Any] = form.cleaned_data

    def act(actor: Actor, user: User) -> bool:
        password = answer["new_password"]
        staff.replace_password(actor=actor, user_id=user.pk, new_password=password)
        return True

    deed = Deed(act=act, done="password set")
    do_to_each(desk, request, users, deed, reason=answer["reason"])
    return None


@admin.action(description="Delete…", permissions=["delete"])
def delete_selected(desk: Desk, request: HttpRequest, users: Users) -> HttpResponse | None:
    """Under the name of Django's own, which it takes the place of."""
    form = DELETE.form(request)
    if not form.is_valid():
        return DELETE.page(desk, request, users, form)

    def act(actor: Actor, user: User) -> bool:
        services.delete_user(actor=actor, user_id=user.pk)
        return True

    deed = Deed(act=act, done="deleted", flag=DELETION, is_one_transaction=False)
    do_to_each(desk, request, users, deed, reason=form.cleaned_data["reason"])
    return None
