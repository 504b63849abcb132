"""Admin actions for the selected polls."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import DELETION
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from accounts.moderation.actions import ConfirmationPage, ObjectAction, run_for_each
from accounts.moderation.base import ModerationAdmin
from apikit.actors import Actor
from polls import services
from polls.admin_forms import HidingForm
from polls.models import Poll

PollModelAdmin = ModerationAdmin[Poll]
Polls = QuerySet[Poll]

HIDE = ConfirmationPage(
    action="hide_polls",
    title="Hide",
    button="Hide",
    warning=(
        "Only their creators and staff can still see them, and nobody can vote. Restoring brings "
        "them back unchanged. Open reports about them are resolved."
    ),
    form_class=HidingForm,
)
DELETE = ConfirmationPage(
    action="delete_selected",
    title="Delete",
    button="Delete permanently",
    warning="This also deletes all their votes. It cannot be undone. Hiding can.",
)


@admin.action(description="Publish", permissions=["change"])
def publish_polls(model_admin: PollModelAdmin, request: HttpRequest, polls: Polls) -> None:
    _move(model_admin, request, polls, services.publish_poll, "published")


@admin.action(description="Close", permissions=["change"])
def close_polls(model_admin: PollModelAdmin, request: HttpRequest, polls: Polls) -> None:
    _move(model_admin, request, polls, services.close_poll, "closed")


@admin.action(description="Reopen", permissions=["change"])
def reopen_polls(model_admin: PollModelAdmin, request: HttpRequest, polls: Polls) -> None:
    _move(model_admin, request, polls, services.reopen_poll, "reopened")


@admin.action(description="Hide…", permissions=["change"])
def hide_polls(
    model_admin: PollModelAdmin, request: HttpRequest, polls: Polls
) -> HttpResponse | None:
    form = HIDE.form(request)
    if not form.is_valid():
        return HIDE.render(model_admin, request, polls, form)
    reason: str = form.cleaned_data["reason"]
    message: str = form.cleaned_data["message"]

    def run(actor: Actor, poll: Poll) -> bool:
        services.hide_poll(actor=actor, poll_id=poll.pk, reason=reason, message=message)
        return True

    note = f"{reason}\nMessage to the creator: {message}" if message else reason
    run_for_each(model_admin, request, polls, ObjectAction(run=run, outcome="hidden"), reason=note)
    return None


@admin.action(description="Restore", permissions=["change"])
def restore_polls(model_admin: PollModelAdmin, request: HttpRequest, polls: Polls) -> None:
    def run(actor: Actor, poll: Poll) -> bool:
        if poll.hidden_at is None:
            return False
        services.restore_poll(actor=actor, poll_id=poll.pk)
        return True

    run_for_each(model_admin, request, polls, ObjectAction(run=run, outcome="restored"))


@admin.action(description="Delete…", permissions=["delete"])
def delete_selected(
    model_admin: PollModelAdmin, request: HttpRequest, polls: Polls
) -> HttpResponse | None:
    """Replace Django's action of this name."""
    form = DELETE.form(request)
    if not form.is_valid():
        return DELETE.render(model_admin, request, polls, form)

    def run(actor: Actor, poll: Poll) -> bool:
        services.delete_poll(actor=actor, poll_id=poll.pk)
        return True

    action = ObjectAction(run=run, outcome="deleted", flag=DELETION)
    run_for_each(model_admin, request, polls, action, reason=form.cleaned_data["reason"])
    return None


def _move(
    model_admin: PollModelAdmin, request: HttpRequest, polls: Polls, move: Any, outcome: str
) -> None:
    def run(actor: Actor, poll: Poll) -> bool:
        moved: Poll = move(actor=actor, poll_id=poll.pk)
        return moved.revision != poll.revision

    run_for_each(model_admin, request, polls, ObjectAction(run=run, outcome=outcome))
