"""Rooms over sockets: joining, leaving, and losing access."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import partial
from uuid import UUID
from weakref import WeakKeyDictionary

from apikit.actors import Actor
from apikit.errors import ApiError
from apikit.wire import Id, Wire
from chat import examples, live_messages, presence  # noqa: F401 - they register themselves
from chat.errors import READ_REFUSALS
from chat.events import RoomAccessChanged, RoomLeft
from chat.live_messages import Number, RoomReference
from chat.lobby import commands  # noqa: F401 - registers itself
from chat.log import Joiner, RoomSnapshot, find_unreadable, read_snapshots
from chat.topics import ROOM_PREFIX, room_id_of, room_topic
from chat.wire import MessageView
from polls.wire import PollHead
from realtime import Hub, command, event_handler, join_log, periodic
from realtime.connection import Connection
from realtime.database import in_database
from realtime.errors import TooManyTopicsError
from realtime.frames import EncodedEvent
from realtime.topics import topic_prefix
from workspaces.events import ProjectAccessChanged

# RoomAccessChanged can be lost between processes.
RECHECK_INTERVAL_S = 10.0

# How many access changes a hub has seen, so that a join notices those that happen while it reads.
_access_changes: WeakKeyDictionary[Hub, int] = WeakKeyDictionary()


# Joining and leaving


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinRoomCommand(Wire):
    """``revision`` is that of the last event you got of the room.

    Without it, ``since`` is the ``seq`` of the last message you have.
    """

    room_id: Id
    since: Number | None = None
    revision: Number | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedRoom(Wire):
    """The room up to ``revision``; later events follow.

    ``messages`` are those that were posted or changed since what you have, by ``seq``. If ``reset``
    is true, because you have nothing or missed too much, they are the newest ones instead, and
    replace what you have. ``polls`` are those of cards among them. ``user_count`` is the number of
    people who have joined now.
    """

    room_id: Id
    revision: int
    last_seq: int
    reset: bool
    messages: tuple[MessageView, ...]
    polls: tuple[PollHead, ...]
    user_count: int
    can_post: bool
    can_moderate: bool


@command(
    "join-room",
    bare_field="roomId",
    refusals=[*READ_REFUSALS, TooManyTopicsError],
    example={"roomId": examples.ROOM_ID, "revision": 7},
    reply_example={
        "roomId": examples.ROOM_ID,
        "revision": 9,
        "lastSeq": 8,
        "reset": False,
        "messages": [examples.MESSAGE, examples.REPLY],
        "polls": [],
        "userCount": 2,
        "canPost": True,
        "canModerate": False,
    },
)
async def join_room(hub: Hub, connection: Connection, body: JoinRoomCommand) -> JoinedRoom:
    """Subscribes to a room: replies with what you have missed, then sends its events.

    Each event is sent once, in the order of ``revision``.
    """
    topic = room_topic(body.room_id)
    joiner = Joiner(connection.actor, since=body.since, revision=body.revision)
    changes = _access_changes.get(hub, 0)
    snapshot = await join_log(
        hub, connection, topic, partial(_read_snapshot, hub, joiner, body.room_id)
    )
    if changes != _access_changes.get(hub, 0):
        hub.spawn(_dismiss_unreadable(hub, [(topic, connection)]))
    return JoinedRoom(
        room_id=body.room_id,
        revision=snapshot.head,
        last_seq=snapshot.last_seq,
        reset=snapshot.is_reset,
        messages=snapshot.messages,
        polls=snapshot.polls,
        user_count=hub.presence.count(topic),
        can_post=snapshot.access.can_post,
        can_moderate=snapshot.access.can_moderate,
    )


async def _read_snapshot(hub: Hub, joiner: Joiner, room_id: UUID) -> RoomSnapshot:
    """Reads a room; concurrent joins share one read.

    :raises ApiError: see ``access.check_read``.
    """

    def read(joiners: Collection[Joiner]) -> dict[Joiner, RoomSnapshot | ApiError]:
        return read_snapshots(joiners, room_id)

    results = await hub.reads.get(room_topic(room_id), joiner, read)
    result: RoomSnapshot | ApiError = results[joiner]
    if isinstance(result, ApiError):
        raise result
    return result


@command("leave-room", example={"roomId": examples.ROOM_ID}, bare_field="roomId")
async def leave_room(hub: Hub, connection: Connection, body: RoomReference) -> None:
    """Unsubscribes from a room; it is not an error if you are not subscribed.

    You stay a member: ``DELETE /rooms/{id}/leave`` ends that.
    """
    hub.leave(connection, room_topic(body.room_id))


# Losing access


@event_handler(RoomAccessChanged)
def dismiss(hub: Hub, topic: str, event: RoomAccessChanged) -> None:
    """Unsubscribes those who may not read the room any more."""
    _access_changes[hub] = _access_changes.get(hub, 0) + 1
    concerned = [
        (topic, each)
        for each in hub.subscribers_of(topic)
        if event.user_ids is None or each.actor.id in event.user_ids
    ]
    if concerned:
        hub.spawn(_dismiss_unreadable(hub, concerned))


@event_handler(ProjectAccessChanged)
def dismiss_from_project(hub: Hub, topic: str, event: ProjectAccessChanged) -> None:
    """Does the same for members of a project; a deleted project's room has its own event."""
    _access_changes[hub] = _access_changes.get(hub, 0) + 1
    concerned = [
        (joined, connection)
        for user_id in event.user_ids or ()
        for connection in hub.connections_of(user_id)
        for joined in connection.joined
        if topic_prefix(joined) == ROOM_PREFIX
    ]
    if concerned:
        hub.spawn(_dismiss_unreadable(hub, concerned))


@periodic(RECHECK_INTERVAL_S)
async def dismiss_again(hub: Hub) -> None:
    """Does the same for changes whose event was lost; two queries for all rooms."""
    await _dismiss_unreadable(
        hub,
        [
            (topic, connection)
            for topic in list(hub.topics)
            if topic_prefix(topic) == ROOM_PREFIX
            for connection in hub.subscribers_of(topic)
        ],
    )


async def _dismiss_unreadable(hub: Hub, subscribed: Iterable[tuple[str, Connection]]) -> None:
    by_pair: dict[tuple[UUID, Actor], list[Connection]] = {}
    for topic, connection in subscribed:
        by_pair.setdefault((room_id_of(topic), connection.actor), []).append(connection)
    if not by_pair:
        return
    for room_id, actor in await in_database(find_unreadable, by_pair.keys()):
        frames = EncodedEvent(RoomLeft(room_id=room_id))
        for connection in by_pair[room_id, actor]:
            frame = frames.frame(connection.protocol)
            if hub.leave(connection, room_topic(room_id)) and frame is not None:
                connection.push(frame)
