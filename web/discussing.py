"""The state of a discussion, for its template and its script."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import timezone

from apikit.actors import Actor
from apikit.errors import ApiError
from apikit.wire import Wire, to_wire
from chat.access import check_post
from chat.errors import SlowModeError
from chat.message_selectors import Place, list_messages_for
from chat.models import RoomKind
from chat.selectors import get_readable, view_room
from chat.wire import MessagePage, RoomView
from web.discussion_texts import discussion_texts, reactions
from web.messages import sentence_of
from web.phases import RoomPhase
from web.voting import PersonView, VoterState

MESSAGES_PER_PAGE = 50
_SIGN_IN_HELPS = {"auth.required", "auth.account_required"}
# Visitors become guests with their first message there.
_FOR_VISITORS = {RoomKind.POLL, RoomKind.LOBBY}


@dataclass(frozen=True, slots=True, kw_only=True)
class Discussion(Wire):
    """A room and its newest messages, as one person sees them.

    ``urls`` have places that the script fills in.
    """

    room: RoomView
    page: MessagePage
    person: PersonView | None
    may_write: bool
    urls: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CardState(VoterState):
    """A poll to vote on in a message, and where votes are sent.

    ``hint`` says how many options to choose. ``urls["ballot"]`` is the page of polls that the card
    does not draw itself.
    """

    phase: RoomPhase
    hint: str
    urls: dict[str, str]


def discussion_context(actor: Actor, room_id: UUID, person: PersonView | None) -> dict[str, Any]:
    """The context of ``parts/discussion.html``.

    :raises RoomNotFoundError, NotRoomMemberError, BannedFromRoomError: if the room cannot be read.
    """
    # Before the room, whose revision is then not older.
    page = read_messages(actor, room_id)
    refusal = find_refusal(actor, room_id)
    room = view_room(room_id, actor)
    discussion = Discussion(
        room=room, page=page, person=person, may_write=refusal is None, urls=_urls(room_id)
    )
    return {
        "room": room,
        "may_write": refusal is None,
        "refusal": "" if refusal is None else sentence_of(refusal),
        "asks_to_sign_in": refusal is not None and refusal.code in _SIGN_IN_HELPS,
        "emojis": reactions(),
        "discussion": to_wire(discussion),
        "discussion_texts": discussion_texts(),
    }


def read_messages(actor: Actor, room_id: UUID, before: int | None = None) -> MessagePage:
    """Returns the newest messages, or those before the one with this number."""
    return list_messages_for(actor, room_id, Place(limit=MESSAGES_PER_PAGE, before=before))


def find_refusal(actor: Actor, room_id: UUID) -> ApiError | None:
    """Returns why ``actor`` may not write, apart from what passes in seconds; None if they may."""
    standing = get_readable(actor, room_id)
    access = standing.access
    if not actor.is_authenticated and standing.room.kind in _FOR_VISITORS:
        access = replace(access, can_post=True)
    try:
        check_post(access, standing.room, standing.membership, timezone.now())
    except SlowModeError:
        return None
    except ApiError as error:
        return error
    return None


def _urls(room_id: UUID) -> dict[str, str]:
    return {
        "messages": reverse("web:discussion-messages", args=[room_id]),
        "act": _with_places("discussion-act", "{message}", "{action}"),
        "moderate": _with_places("discussion-moderate", str(room_id), "{person}", "{action}"),
        "poll": _with_places("discussion-card", "{poll}"),
    }


def _with_places(name: str, *places: str) -> str:
    """Returns the address of a view, with ``{places}`` where it takes ids and slugs."""
    # The converters would refuse the places themselves.
    examples = {place: f"{number:032x}" for number, place in enumerate(places, 1)}
    values = [examples[each] if each.startswith("{") else each for each in places]
    url = reverse(f"web:{name}", args=[_as_argument(value) for value in values])
    for place, example in examples.items():
        url = url.replace(_as_argument(example), place)
    return url


def _as_argument(value: str) -> str:
    return str(UUID(value))
