"""Admin actions for the selected rooms, messages and members."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.models import DELETION
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.moderation.actions import ConfirmationPage, ObjectAction, run_for_each
from accounts.moderation.base import ModerationAdmin
from accounts.moderation.forms import ReasonForm
from apikit.actors import Actor
from chat import rooms, services
from chat.memberships import MemberChange, moderate_member
from chat.models import Membership, Message, Room

_FOREVER = datetime(9999, 12, 31, tzinfo=UTC)


class MuteForm(ReasonForm):
    """Asks for the reason, and for how long."""

    hours = forms.TypedChoiceField(
        coerce=int,
        choices=[(1, "an hour"), (24, "a day"), (24 * 7, "a week"), (0, "until they are unmuted")],
        initial=24,
        label="For",
    )

    def until(self, now: datetime) -> datetime:
        """Return when the mute ends."""
        hours: int = self.cleaned_data["hours"]
        return now + timedelta(hours=hours) if hours else _FOREVER


HIDE = ConfirmationPage(
    action="hide_rooms",
    title="Hide",
    button="Hide",
    warning="Only staff can still see them. Restoring brings them back unchanged.",
)
DELETE_ROOMS = ConfirmationPage(
    action="delete_selected",
    title="Delete",
    button="Delete permanently",
    warning="This also deletes their messages. It cannot be undone. Hiding can.",
)
DELETE_MESSAGES = ConfirmationPage(
    action="delete_messages",
    title="Remove",
    button="Remove",
    warning="They keep their place, without the text. Staff can still read it here.",
)
MUTE = ConfirmationPage(
    action="mute_members",
    title="Mute",
    button="Mute",
    warning="They can still read, but not write.",
    form_class=MuteForm,
)
BAN = ConfirmationPage(
    action="ban_members",
    title="Ban",
    button="Ban",
    warning="They leave the room and cannot return.",
)


# Rooms


@admin.action(description="Hide…", permissions=["view"])
def hide_rooms(
    model_admin: ModerationAdmin[Room], request: HttpRequest, chosen: QuerySet[Room]
) -> HttpResponse | None:
    form = HIDE.form(request)
    if not form.is_valid():
        return HIDE.render(model_admin, request, chosen, form)
    reason: str = form.cleaned_data["reason"]

    def run(actor: Actor, room: Room) -> bool:
        rooms.hide_room(actor=actor, room_id=room.pk, reason=reason)
        return True

    run_for_each(
        model_admin, request, chosen, ObjectAction(run=run, outcome="hidden"), reason=reason
    )
    return None


@admin.action(description="Restore", permissions=["view"])
def restore_rooms(
    model_admin: ModerationAdmin[Room], request: HttpRequest, chosen: QuerySet[Room]
) -> None:
    def run(actor: Actor, room: Room) -> bool:
        rooms.restore_room(actor=actor, room_id=room.pk)
        return room.hidden_at is not None

    run_for_each(model_admin, request, chosen, ObjectAction(run=run, outcome="restored"))


@admin.action(description="Close for members", permissions=["view"])
def close_rooms(
    model_admin: ModerationAdmin[Room], request: HttpRequest, chosen: QuerySet[Room]
) -> None:
    """Let only moderators write."""
    _set_announcement_only(model_admin, request, chosen, "closed", is_on=True)


@admin.action(description="Open for members", permissions=["view"])
def open_rooms(
    model_admin: ModerationAdmin[Room], request: HttpRequest, chosen: QuerySet[Room]
) -> None:
    _set_announcement_only(model_admin, request, chosen, "opened", is_on=False)


@admin.action(description="Delete…", permissions=["delete"])
def delete_selected(
    model_admin: ModerationAdmin[Room], request: HttpRequest, chosen: QuerySet[Room]
) -> HttpResponse | None:
    """Replace Django's action of this name."""
    form = DELETE_ROOMS.form(request)
    if not form.is_valid():
        return DELETE_ROOMS.render(model_admin, request, chosen, form)

    def run(actor: Actor, room: Room) -> bool:
        rooms.delete_room(actor=actor, room_id=room.pk)
        return True

    action = ObjectAction(run=run, outcome="deleted", flag=DELETION)
    run_for_each(model_admin, request, chosen, action, reason=form.cleaned_data["reason"])
    return None


def _set_announcement_only(
    model_admin: ModerationAdmin[Room],
    request: HttpRequest,
    chosen: QuerySet[Room],
    outcome: str,
    *,
    is_on: bool,
) -> None:
    def run(actor: Actor, room: Room) -> bool:
        rooms.update_room(actor=actor, room_id=room.pk, is_announcement_only=is_on)
        return room.is_announcement_only != is_on

    run_for_each(model_admin, request, chosen, ObjectAction(run=run, outcome=outcome))


# Messages


@admin.action(description="Remove…", permissions=["view"])
def delete_messages(
    model_admin: ModerationAdmin[Message], request: HttpRequest, chosen: QuerySet[Message]
) -> HttpResponse | None:
    form = DELETE_MESSAGES.form(request)
    if not form.is_valid():
        return DELETE_MESSAGES.render(model_admin, request, chosen, form)

    def run(actor: Actor, message: Message) -> bool:
        services.delete_message(actor=actor, message_id=message.pk)
        return message.deleted_at is None

    action = ObjectAction(run=run, outcome="removed")
    run_for_each(model_admin, request, chosen, action, reason=form.cleaned_data["reason"])
    return None


# Members


@admin.action(description="Mute…", permissions=["view"])
def mute_members(
    model_admin: ModerationAdmin[Membership], request: HttpRequest, chosen: QuerySet[Membership]
) -> HttpResponse | None:
    form: Any = MUTE.form(request)
    if not form.is_valid():
        return MUTE.render(model_admin, request, chosen, form)
    change = MemberChange(muted_until=form.until(timezone.now()))
    _moderate(model_admin, request, chosen, change, "muted", form.cleaned_data["reason"])
    return None


@admin.action(description="Unmute", permissions=["view"])
def unmute_members(
    model_admin: ModerationAdmin[Membership], request: HttpRequest, chosen: QuerySet[Membership]
) -> None:
    _moderate(model_admin, request, chosen, MemberChange(muted_until=None), "unmuted")


@admin.action(description="Ban…", permissions=["view"])
def ban_members(
    model_admin: ModerationAdmin[Membership], request: HttpRequest, chosen: QuerySet[Membership]
) -> HttpResponse | None:
    form = BAN.form(request)
    if not form.is_valid():
        return BAN.render(model_admin, request, chosen, form)
    change = MemberChange(is_banned=True)
    _moderate(model_admin, request, chosen, change, "banned", form.cleaned_data["reason"])
    return None


@admin.action(description="Lift the ban", permissions=["view"])
def unban_members(
    model_admin: ModerationAdmin[Membership], request: HttpRequest, chosen: QuerySet[Membership]
) -> None:
    _moderate(model_admin, request, chosen, MemberChange(is_banned=False), "unbanned")


def _moderate(
    model_admin: ModerationAdmin[Membership],
    request: HttpRequest,
    chosen: QuerySet[Membership],
    change: MemberChange,
    outcome: str,
    reason: str = "",
) -> None:
    def run(actor: Actor, member: Membership) -> bool:
        after = moderate_member(
            actor=actor, room_id=member.room_id, user_id=member.user_id, change=change
        )
        return (after.muted_until, after.banned_at) != (member.muted_until, member.banned_at)

    action = ObjectAction(run=run, outcome=outcome)
    run_for_each(model_admin, request, chosen, action, reason=reason)
