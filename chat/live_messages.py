"""Messages over sockets: posting, typing, and read markers."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID
from weakref import WeakKeyDictionary

from django.utils import timezone
from pydantic import Field

from accounts.models import User
from apikit.actors import Actor
from apikit.errors import (
    ApiError,
    AuthenticationRequiredError,
    IdempotencyKeyReusedError,
    TokenInvalidError,
)
from apikit.idempotency import MAX_KEY_CHARS
from apikit.wire import Id, Wire
from chat import examples, memberships, services, writer
from chat.access import check_write
from chat.errors import (
    POST_REFUSALS,
    READ_REFUSALS,
    MessageDeletedError,
    MessageNotFoundError,
    RoomNotJoinedError,
)
from chat.events import Typing, TypingReport
from chat.models import MESSAGE_MAX_CHARS
from chat.read_markers import view_marker
from chat.selectors import get_standing
from chat.topics import room_topic
from chat.wire import MessageView, PersonView, ReadMarker, view_person
from polls.errors import PollNotFoundError
from realtime import Hub, command, event_handler, periodic
from realtime.connection import Connection
from realtime.database import in_database
from realtime.frames import EncodedEvent

# How long clients show that somebody is typing, and how often that is published at most.
TYPING_SHOWN_S = 10
TYPING_INTERVAL_S = 3.0
# In larger rooms somebody is always typing.
MAX_TYPING_MEMBERS = 50

# Revisions, and the numbers of messages.
Number = Annotated[int, Field(ge=0, lt=1 << 63)]

# When typing was last published, by room topic and person.
_shown: WeakKeyDictionary[Hub, dict[tuple[str, UUID], float]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomReference(Wire):
    """Names a room."""

    room_id: Id


@dataclass(frozen=True, slots=True, kw_only=True)
class SendMessageCommand(Wire):
    """``key`` is like the header ``Idempotency-Key`` over REST.

    ``parent_id`` is the first message of a thread, ``poll_id`` a public poll to vote on in place.
    """

    room_id: Id
    body: Annotated[str, Field(min_length=1, max_length=2 * MESSAGE_MAX_CHARS)]
    parent_id: Id | None = None
    poll_id: Id | None = None
    key: Annotated[str | None, Field(min_length=1, max_length=MAX_KEY_CHARS)] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SendMessageReply(Wire):
    """The message is committed."""

    message: MessageView
    replayed: bool


@command(
    "send-message",
    refusals=[
        AuthenticationRequiredError,
        TokenInvalidError,
        IdempotencyKeyReusedError,
        *POST_REFUSALS,
        MessageNotFoundError,
        MessageDeletedError,
        PollNotFoundError,
    ],
    example={"roomId": examples.ROOM_ID, "body": "Tea!", "parentId": examples.MESSAGE_ID},
    reply_example={"message": examples.REPLY, "replayed": False},
)
async def send_message(
    hub: Hub, connection: Connection, body: SendMessageCommand
) -> SendMessageReply:
    """Posts a message; you need not have joined the room with this socket."""
    posted = await services.post_message_async(
        actor=connection.actor,
        room_id=body.room_id,
        body=body.body,
        parent_id=body.parent_id,
        poll_id=body.poll_id,
        key=body.key,
    )
    return SendMessageReply(message=posted.message, replayed=posted.is_replayed)


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkReadCommand(Wire):
    room_id: Id
    seq: Number


@command(
    "mark-read",
    refusals=[AuthenticationRequiredError, *READ_REFUSALS],
    example={"roomId": examples.ROOM_ID, "seq": 8},
    reply_example={
        "roomId": examples.ROOM_ID,
        "lastReadSeq": 8,
        "unreadCount": 0,
        "unreadMentions": 0,
    },
)
async def mark_read(hub: Hub, connection: Connection, body: MarkReadCommand) -> ReadMarker:
    """Marks a room as read up to a message, like ``PUT /rooms/{id}/read``."""
    return await in_database(_mark_read, connection.actor, body.room_id, body.seq)


def _mark_read(actor: Actor, room_id: UUID, seq: int) -> ReadMarker:
    return view_marker(memberships.mark_read(actor=actor, room_id=room_id, seq=seq), actor)


# Typing


@command(
    "typing",
    refusals=[AuthenticationRequiredError, RoomNotJoinedError],
    example={"roomId": examples.ROOM_ID},
)
async def show_typing(hub: Hub, connection: Connection, body: RoomReference) -> None:
    """Shows the others in a joined room that you are typing, for ten seconds.

    Repeat it every few seconds while you type. Ignored if more than 50 people have joined, and if
    you may not write.
    """
    user_id = connection.actor.signed_in_id()
    topic = room_topic(body.room_id)
    if topic not in connection.joined:
        raise RoomNotJoinedError
    if hub.presence.count(topic) > MAX_TYPING_MEMBERS:
        return
    shown = _shown.setdefault(hub, {})
    now_s = hub.now_s()
    if shown.get((topic, user_id), -TYPING_INTERVAL_S) + TYPING_INTERVAL_S > now_s:
        return
    shown[topic, user_id] = now_s
    person = await in_database(_find_writer, connection.actor, body.room_id)
    if person is not None:
        hub.publish(topic, TypingReport(room_id=body.room_id, user=person))


def _find_writer(actor: Actor, room_id: UUID) -> PersonView | None:
    """Returns the actor if they may write in the room now."""
    standing = get_standing(actor, room_id)
    try:
        check_write(standing.access, standing.room, standing.membership, timezone.now())
    except ApiError:
        return None
    return view_person(User.objects.get(id=actor.signed_in_id()))


@event_handler(TypingReport)
def write_typing(hub: Hub, topic: str, event: TypingReport) -> None:
    """Writes it to the sockets of everybody else."""
    typing = EncodedEvent(
        Typing(room_id=event.room_id, user=event.user, expires_in_ms=1000 * TYPING_SHOWN_S)
    )
    for connection in hub.subscribers_of(topic):
        frame = typing.frame(connection.protocol)
        if connection.actor.id != event.user.id and frame is not None:
            connection.push_state(topic, f"{Typing.name}.{event.user.id}", frame)


@periodic(TYPING_INTERVAL_S)
async def forget_typing(hub: Hub) -> None:
    """Drops what no longer limits anybody."""
    before_s = hub.now_s() - TYPING_INTERVAL_S
    shown = _shown.get(hub, {})
    for key in [key for key, at_s in shown.items() if at_s < before_s]:
        del shown[key]


@periodic(1)
async def measure_message_queue(hub: Hub) -> None:
    """Measures the queue every second, so that it is visible even if a transaction hangs."""
    writer.measure_queue()
