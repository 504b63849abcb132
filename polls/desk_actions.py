"""What staff do to polls they have chosen on the desk."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import DELETION
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from accounts.desk import DeskAdmin
from accounts.desk_actions import Deed, Question, do_to_each
from apikit.actors import Actor
from polls import services
from polls.desk_forms import HidingForm
from polls.models import Poll

Desk = DeskAdmin[Poll]
Polls = QuerySet[Poll]

HIDE = Question(
    action="hide_polls",
    title="Hide",
    button="Hide",
    warning=(
        "To everybody but their creators and the staff, they will look as if they weren't there, "
        "and nobody can vote in them. Restoring brings them back as they were. Open reports of "
        "them are resolved."
    ),
    form_class=HidingForm,
)
DELETE = Question(
    action="delete_selected",
    title="Delete",
    button="Delete for good",
    warning="All votes in them go too. This can't be undone; hiding can.",
)


@admin.action(description="Publish", permissions=["change"])
def publish_polls(desk: Desk, request: HttpRequest, polls: Polls) -> None:
    _move(desk, request, polls, services.publish_poll, "published")


@admin.action(description="Close", permissions=["change"])
def close_polls(desk: Desk, request: HttpRequest, polls: Polls) -> None:
    _move(desk, request, polls, services.close_poll, "closed")


@admin.action(description="Reopen", permissions=["change"])
def reopen_polls(desk: Desk, request: HttpRequest, polls: Polls) -> None:
    _move(desk, request, polls, services.reopen_poll, "reopened")


@admin.action(description="Hide…", permissions=["change"])
def hide_polls(desk: Desk, request: HttpRequest, polls: Polls) -> HttpResponse | None:
    form = HIDE.form(request)
    if not form.is_valid():
        return HIDE.page(desk, request, polls, form)
    reason: str = form.cleaned_data["reason"]
    message: str = form.cleaned_data["message"]

    def act(actor: Actor, poll: Poll) -> bool:
        services.hide_poll(actor=actor, poll_id=poll.pk, reason=reason, message=message)
        return True

    note = f"{reason}\nMessage to the creator: {message}" if message else reason
    do_to_each(desk, request, polls, Deed(act=act, done="hidden"), reason=note)
    return None


@admin.action(description="Restore", permissions=["change"])
def restore_polls(desk: Desk, request: HttpRequest, polls: Polls) -> None:
    def act(actor: Actor, poll: Poll) -> bool:
        if poll.hidden_at is None:
            return False
        services.restore_poll(actor=actor, poll_id=poll.pk)
        return True

    do_to_each(desk, request, polls, Deed(act=act, done="restored"))


@admin.action(description="Delete…", permissions=["delete"])
def delete_selected(desk: Desk, request: HttpRequest, polls: Polls) -> HttpResponse | None:
    """Under the name of Django's own, which it takes the place of."""
    form = DELETE.form(request)
    if not form.is_valid():
        return DELETE.page(desk, request, polls, form)

    def act(actor: Actor, poll: Poll) -> bool:
        services.delete_poll(actor=actor, poll_id=poll.pk)
        return True

    deed = Deed(act=act, done="deleted", flag=DELETION)
    do_to_each(desk, request, polls, deed, reason=form.cleaned_data["reason"])
    return None


def _move(desk: Desk, request: HttpRequest, polls: Polls, move: Any, done: str) -> None:
    def act(actor: Actor, poll: Poll) -> bool:
        moved: Poll = move(actor=actor, poll_id=poll.pk)
        return moved.revision != poll.revision

    do_to_each(desk, request, polls, Deed(act=act, done=done))
