"""``/manage/rooms``: your rooms, and a page for each."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_safe

from accounts.errors import UserNotFoundError
from accounts.page_sessions import page_actor
from apikit.actors import Actor
from apikit.errors import ApiError, NotFoundError, ValidationFailedError
from chat.memberships import (
    MemberChange,
    invite_user,
    join_room,
    leave_room,
    moderate_member,
)
from chat.models import MemberRole
from chat.rooms import create_room, delete_room, open_direct_room, update_room
from chat.selectors import view_room
from web.forms.rooms import RoomForm, RoomSettingsForm
from web.messages import sentence_of
from web.pages import accounts_only, form_page, page_number, search_text
from web.rooms import room_context, rooms_context
from web.views.vote import person_of

MUTED_FOR = timedelta(hours=1)


@require_safe
@cache_control(private=True, no_cache=True)
@accounts_only
def show_list(request: HttpRequest) -> HttpResponse:
    """Lists your rooms with what is unread, invitations, and the rooms that are open to all."""
    actor = page_actor(request)
    context = rooms_context(actor, search_text(request), page_number(request))
    return render(request, "web/rooms.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_cache=True)
@accounts_only
def create(request: HttpRequest) -> HttpResponse:
    """Creates a group room."""
    actor = page_actor(request)
    form = RoomForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            room = create_room(actor=actor, **form.cleaned_data)
        except ApiError as refusal:
            form.refuse(refusal)
        else:
            return redirect("web:room", room.id)
    return form_page(request, "web/room_form.html", form)


@require_safe
@cache_control(private=True, no_cache=True)
def show(request: HttpRequest, room_id: UUID) -> HttpResponse:
    """Shows a room: its discussion, its members, and for its owners what they decide."""
    actor = page_actor(request)
    actor.signed_in_id()
    found = search_text(request, "find")
    context = room_context(actor, room_id, person_of(request), found=found)
    return render(request, "web/room.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@cache_control(private=True, no_cache=True)
def act(request: HttpRequest, room_id: UUID, action_name: str) -> HttpResponse:
    """Performs an action; GET asks for confirmation before leaving and deleting."""
    action = ACTIONS.get(action_name)
    if action is None or (request.method != "POST" and not action.is_confirmed):
        raise NotFoundError
    actor = page_actor(request)
    # Others can't distinguish it from a missing room.
    room = view_room(room_id, actor)
    if request.method != "POST":
        context = {"room": room, "action_name": action_name}
        return render(request, "web/room_confirm.html", context)
    try:
        target_id = action.run(actor, room_id, request.POST)
    except ApiError as refusal:
        messages.error(request, sentence_of(refusal))
        return redirect("web:room", room_id)
    if action.done:
        messages.success(request, str(action.done))
    return redirect("web:room", target_id) if target_id else redirect("web:rooms")


@require_http_methods(["POST"])
def change_settings(request: HttpRequest, room_id: UUID) -> HttpResponse:
    """Changes the name and the rules of a room."""
    actor = page_actor(request)
    form = RoomSettingsForm(request.POST, room=view_room(room_id, actor))
    if form.is_valid():
        try:
            update_room(actor=actor, room_id=room_id, **form.cleaned_data)
        except ValidationFailedError as refusal:
            form.refuse(refusal)
        except ApiError as refusal:
            messages.error(request, sentence_of(refusal))
            return redirect("web:room", room_id)
        else:
            messages.success(request, _("Saved."))
            return redirect("web:room", room_id)
    context = room_context(actor, room_id, person_of(request))
    return form_page(request, "web/room.html", form, **context | {"settings_form": form})


# Actions: each returns the id of the room to show next, or None for the list.

Run = Callable[[Actor, UUID, QueryDict], UUID | None]


@dataclass(frozen=True, slots=True)
class Action:
    run: Run
    done: Promise | str = ""
    is_confirmed: bool = False


def _join(actor: Actor, room_id: UUID, fields: QueryDict) -> UUID:
    join_room(actor=actor, room_id=room_id)
    return room_id


def _leave(actor: Actor, room_id: UUID, fields: QueryDict) -> None:
    leave_room(actor=actor, room_id=room_id)


def _delete(actor: Actor, room_id: UUID, fields: QueryDict) -> None:
    delete_room(actor=actor, room_id=room_id)


def _invite(actor: Actor, room_id: UUID, fields: QueryDict) -> UUID:
    invite_user(actor=actor, room_id=room_id, user_id=_user_id(fields))
    return room_id


def _open_direct(actor: Actor, room_id: UUID, fields: QueryDict) -> UUID:
    room, _is_new = open_direct_room(actor=actor, user_id=_user_id(fields))
    return room.id


def _moderate(change: Callable[[], MemberChange]) -> Run:
    def run(actor: Actor, room_id: UUID, fields: QueryDict) -> UUID:
        moderate_member(actor=actor, room_id=room_id, user_id=_user_id(fields), change=change())
        return room_id

    return run


def _user_id(fields: QueryDict) -> UUID:
    try:
        return UUID(fields.get("user", ""))
    except ValueError:
        raise UserNotFoundError from None


ACTIONS = {
    "join": Action(_join),
    "leave": Action(_leave, _("You left the room."), is_confirmed=True),
    "delete": Action(_delete, _("Room deleted."), is_confirmed=True),
    "invite": Action(_invite, _("Invitation sent.")),
    "direct": Action(_open_direct),
    "make-owner": Action(
        _moderate(lambda: MemberChange(role=MemberRole.OWNER)), _("This person is an owner now.")
    ),
    "make-member": Action(
        _moderate(lambda: MemberChange(role=MemberRole.MEMBER)),
        _("This person is no longer an owner."),
    ),
    "mute": Action(
        _moderate(lambda: MemberChange(muted_until=timezone.now() + MUTED_FOR)),
        _("This person can’t write here for an hour."),
    ),
    "unmute": Action(
        _moderate(lambda: MemberChange(muted_until=None)), _("This person can write again.")
    ),
    "remove": Action(
        _moderate(lambda: MemberChange(is_banned=True)), _("This person was removed.")
    ),
    "readmit": Action(
        _moderate(lambda: MemberChange(is_banned=False)), _("This person may come back.")
    ),
}
