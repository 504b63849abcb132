"""``/discussion``: what the script of a discussion asks for besides the socket."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from accounts.page_sessions import page_actor
from apikit.actors import Actor
from apikit.errors import ApiError, NotFoundError, ValidationFailedError
from apikit.throttling import admit_request
from apikit.wire import Done
from chat.memberships import MemberChange, moderate_member
from chat.models import Membership
from chat.rooms import open_poll_room
from chat.services import delete_message, edit_message, toggle_reaction
from polls.selectors import get_poll_for
from web.discussing import CardState, discussion_context, read_messages
from web.fetching import json_answer, refuses_in_json
from web.messages import sentence_of
from web.phases import room_phase_of
from web.views.vote import person_of, reading_actor
from web.voter_texts import choosing_hint
from web.voting import read_voter_state

MUTED_FOR = timedelta(hours=1)


@require_safe
@cache_control(private=True, no_store=True)
def show_of_poll(request: HttpRequest, poll_id: UUID) -> HttpResponse:
    """Renders the discussion of a poll, for the script to show beside the page."""
    actor = reading_actor(request)
    try:
        room = open_poll_room(actor=actor, poll_id=poll_id)
        context = discussion_context(actor, room.id, person_of(request))
    except ApiError as refusal:
        # Shown below the button.
        sentence = sentence_of(refusal)
        return HttpResponse(sentence, "text/plain; charset=utf-8", status=refusal.http_status)
    return render(request, "web/parts/discussion.html", context)


@require_safe
@refuses_in_json
def read(request: HttpRequest, room_id: UUID) -> HttpResponse:
    """Returns the newest messages, or those ``before`` one."""
    before = request.GET.get("before", "")
    if before and not (before.isascii() and before.isdigit() and len(before) < 19):
        raise ValidationFailedError.of("before", "Must be a whole number.")
    actor = reading_actor(request)
    return json_answer(read_messages(actor, room_id, int(before) if before else None))


@require_safe
@refuses_in_json
def read_card(request: HttpRequest, poll_id: UUID) -> HttpResponse:
    """Returns the poll of a message, to vote on in place."""
    actor = reading_actor(request)
    poll = get_poll_for(actor, poll_id)
    state = read_voter_state(poll, actor, person_of(request))
    urls = {
        name: reverse(f"web:vote-{name}", args=[poll.join_code])
        for name in ("state", "join", "cast")
    }
    urls["ballot"] = reverse("web:discussion-ballot", args=[poll.id])
    return json_answer(
        CardState(
            now=state.now,
            head=state.head,
            revision=state.revision,
            poll=state.poll,
            votes=state.votes,
            answers=state.answers,
            suggestions=(),
            has_voted=state.has_voted,
            person=state.person,
            phase=room_phase_of(poll, state.now),
            hint=choosing_hint(poll),
            urls=urls,
        )
    )


@require_POST
@refuses_in_json
def act(request: HttpRequest, message_id: UUID, action: str) -> HttpResponse:
    """Edits or deletes a message, or adds a reaction, which the second time removes it."""
    if action not in ACTIONS:
        raise NotFoundError
    actor = _admitted(request)
    ACTIONS[action](actor, message_id, request.POST)
    return json_answer(Done(message="Message changed successfully"))


@require_POST
@refuses_in_json
def moderate(request: HttpRequest, room_id: UUID, user_id: UUID, action: str) -> HttpResponse:
    """Mutes a person for a while, or removes and bans them."""
    if action not in MODERATION:
        raise NotFoundError
    MODERATION[action](_admitted(request), room_id, user_id)
    return json_answer(Done(message="Member updated successfully"))


def _edit(actor: Actor, message_id: UUID, fields: Any) -> None:
    edit_message(actor=actor, message_id=message_id, body=fields.get("body", ""))


def _delete(actor: Actor, message_id: UUID, fields: Any) -> None:
    delete_message(actor=actor, message_id=message_id)


def _react(actor: Actor, message_id: UUID, fields: Any) -> None:
    toggle_reaction(actor=actor, message_id=message_id, emoji=fields.get("emoji", ""))


ACTIONS: dict[str, Callable[[Actor, UUID, Any], None]] = {
    "edit": _edit,
    "delete": _delete,
    "react": _react,
}


def _mute(actor: Actor, room_id: UUID, user_id: UUID) -> Membership:
    change = MemberChange(muted_until=timezone.now() + MUTED_FOR)
    return moderate_member(actor=actor, room_id=room_id, user_id=user_id, change=change)


def _remove(actor: Actor, room_id: UUID, user_id: UUID) -> Membership:
    change = MemberChange(is_banned=True)
    return moderate_member(actor=actor, room_id=room_id, user_id=user_id, change=change)


MODERATION: dict[str, Callable[[Actor, UUID, UUID], Membership]] = {
    "mute": _mute,
    "remove": _remove,
}


def _admitted(request: HttpRequest) -> Actor:
    """Returns the actor of a request that changes something, within the rate limit.

    :raises AuthenticationRequiredError: for a visitor.
    """
    actor = page_actor(request)
    admit_request(str(actor.signed_in_id()))
    return actor
