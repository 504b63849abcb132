"""Reads what is new in rooms: for processes that missed events, and for clients that join."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from apikit.actors import Actor
from apikit.errors import ApiError
from chat.access import Access, check_read
from chat.errors import RoomNotFoundError
from chat.events import (
    MessageDeleted,
    MessageEdited,
    MessagePosted,
    ThreadState,
    thread_of,
)
from chat.lobby_wire import view_lobby_message
from chat.message_wire import view_messages, whole_messages
from chat.models import Membership, Message, Room, RoomKind
from chat.selectors import read_project_roles, role_in, standing_in, whole_rooms
from chat.topics import ROOM_PREFIX, room_id_of, room_topic
from chat.wire import MessageView
from polls.selectors import whole_polls
from polls.visibility import is_public
from polls.wire import PollHead, head_poll
from realtime import LogSlice, log_reader
from realtime.events import SequencedEvent
from realtime.logs import MAX_ENTRIES

# A client that joins gets so many messages, unless it names what it has.
PAGE = 50


@log_reader(ROOM_PREFIX)
def read_rooms(known: Mapping[str, int]) -> dict[str, LogSlice]:
    """Reads the entries of rooms after the known ones; one query while nothing is new."""
    revisions = Room.objects.filter(id__any_of=[room_id_of(topic) for topic in known])
    heads = {
        room_topic(room_id): (head, kind == RoomKind.LOBBY)
        for room_id, head, kind in revisions.order_by().values_list("id", "revision", "kind")
    }
    slices = {}
    for topic, last in known.items():
        head, is_lobby = heads.get(topic, (last, False))
        if head > last:
            slices[topic] = read_entries(room_id_of(topic), last, head, is_lobby=is_lobby)
    return slices


def read_entries(room_id: UUID, last: int, head: int, *, is_lobby: bool = False) -> LogSlice:
    """Reads the entries after ``last``, ``MAX_ENTRIES`` revisions at most.

    A message that was changed is read as it is now: once where it was posted, and once where it
    last changed. Up to six queries.
    """
    end = min(head, last + MAX_ENTRIES)
    found = whole_messages().filter(
        Q(revision__lte=end) | Q(created_revision__lte=end), room_id=room_id, revision__gt=last
    )
    messages = list(found.order_by("revision"))
    events = _Entries(messages, is_lobby=is_lobby).between(last, end)
    return LogSlice(events, end, has_more=end < head)


class _Entries:
    """Messages as entries of a room's log."""

    def __init__(self, messages: Collection[Message], *, is_lobby: bool) -> None:
        self._messages = messages
        self._is_lobby = is_lobby
        views = view_messages(messages, Actor())
        self._views = {view.id: view for view in views}
        self._threads = _threads_of(messages)
        self._polls = public_heads(each.poll_id for each in messages)

    def between(self, last: int, end: int) -> list[SequencedEvent]:
        events: list[SequencedEvent] = []
        for message in self._messages:
            if last < message.created_revision <= end:
                events.append(self._posted(message))
            if message.created_revision < message.revision <= end:
                events.append(self._changed(message))
        return sorted(events, key=lambda each: each.position)

    def _posted(self, message: Message) -> MessagePosted:
        poll_id = self._views[message.id].poll_id
        return MessagePosted(
            room_id=message.room_id,
            revision=message.created_revision,
            message=self._views[message.id],
            thread=self._thread(message),
            poll=None if poll_id is None else self._polls.get(poll_id),
            lobby=view_lobby_message(message) if self._is_lobby else None,
        )

    def _changed(self, message: Message) -> MessageEdited | MessageDeleted:
        event_class = MessageEdited if message.deleted_at is None else MessageDeleted
        return event_class(
            room_id=message.room_id,
            revision=message.revision,
            message=self._views[message.id],
            thread=self._thread(message),
        )

    def _thread(self, message: Message) -> ThreadState | None:
        return None if message.parent_id is None else self._threads[message.parent_id]


def _threads_of(messages: Iterable[Message]) -> dict[UUID, ThreadState]:
    ids = {each.parent_id for each in messages if each.parent_id is not None}
    parents = Message.objects.filter(id__any_of=ids) if ids else ()
    return {parent.id: thread_of(parent) for parent in parents}


def public_heads(poll_ids: Iterable[UUID | None]) -> dict[UUID, PollHead]:
    """Returns the polls that everybody may see, for cards; no query without ids."""
    ids = {each for each in poll_ids if each is not None}
    now = timezone.now()
    polls = whole_polls().filter(id__any_of=ids) if ids else ()
    return {poll.id: head_poll(poll, now) for poll in polls if is_public(poll)}


# Joining


@dataclass(frozen=True, slots=True)
class Joiner:
    """Somebody who joins a room, and what they have of it.

    ``revision`` is that of the last event they got. Without it, ``since`` is the ``seq`` of the
    last message they have, and changes of earlier messages are not sent.
    """

    actor: Actor
    since: int | None = None
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class RoomSnapshot:
    """A room as somebody joins it: what they have missed, or the newest messages (``is_reset``).

    ``head`` is the revision up to which the messages were read.
    """

    head: int
    last_seq: int
    access: Access
    is_reset: bool
    messages: tuple[MessageView, ...]
    polls: tuple[PollHead, ...]


def read_snapshots(
    joiners: Collection[Joiner], room_id: UUID
) -> dict[Joiner, RoomSnapshot | ApiError]:
    """Reads a room for all who join it at the same time; the number of queries is bounded."""
    room = whole_rooms().filter(id=room_id).first()
    if room is None:
        return {joiner: RoomNotFoundError() for joiner in joiners}
    results: dict[Joiner, RoomSnapshot | ApiError] = {}
    readers: dict[Joiner, Access] = {}
    for joiner, access in _access_of(room, joiners).items():
        try:
            check_read(access)
            readers[joiner] = access
        except ApiError as refusal:
            results[joiner] = refusal
    if readers:
        results |= _Reading(room, readers).snapshots()
    return results


def _access_of(room: Room, joiners: Iterable[Joiner]) -> dict[Joiner, Access]:
    user_ids = {each.actor.id for each in joiners if each.actor.id is not None}
    members = Membership.objects.filter(room_id=room.id, user__any_of=user_ids)
    memberships = {each.user_id: each for each in members} if user_ids else {}
    roles = read_project_roles([room], user_ids)
    return {
        joiner: standing_in(
            room,
            memberships.get(joiner.actor.id) if joiner.actor.id else None,
            joiner.actor,
            role_in(room, joiner.actor, roles),
        ).access
        for joiner in joiners
    }


class _Reading:
    """The messages of a room that joiners need, read together.

    The room was read first. Messages that were posted since are left out, because they follow as
    events.
    """

    def __init__(self, room: Room, readers: Mapping[Joiner, Access]) -> None:
        self._room = room
        self._readers = readers
        self._known = whole_messages().filter(room_id=room.id, created_revision__lte=room.revision)
        found = {message.id: message for message in self._missed()}
        if any(self._is_reset(each) for each in readers):
            newest = self._known.order_by("-seq")[:PAGE]
            found |= {message.id: message for message in newest}
        self._messages = sorted(found.values(), key=lambda each: each.seq)
        self._views = {view.id: view for view in view_messages(self._messages, Actor())}
        self._polls = public_heads(view.poll_id for view in self._views.values())

    def snapshots(self) -> dict[Joiner, RoomSnapshot | ApiError]:
        return {joiner: self._snapshot(joiner) for joiner in self._readers}

    def _snapshot(self, joiner: Joiner) -> RoomSnapshot:
        is_reset = self._is_reset(joiner)
        messages = tuple(
            self._views[each.id] for each in self._messages if self._is_due(each, joiner, is_reset)
        )
        poll_ids = {each.poll_id for each in messages}
        return RoomSnapshot(
            head=self._room.revision,
            last_seq=self._room.last_seq,
            access=self._readers[joiner],
            is_reset=is_reset,
            messages=messages,
            polls=tuple(head for poll_id, head in self._polls.items() if poll_id in poll_ids),
        )

    def _is_due(self, message: Message, joiner: Joiner, is_reset: bool) -> bool:  # noqa: FBT001
        if is_reset:
            return message.seq > self._room.last_seq - PAGE
        if joiner.revision is not None:
            return message.revision > joiner.revision
        return joiner.since is not None and message.seq > joiner.since

    def _is_reset(self, joiner: Joiner) -> bool:
        """Whether the joiner has missed too much, or names what has not happened."""
        if joiner.revision is not None:
            missed = self._room.revision - joiner.revision
        elif joiner.since is not None:
            missed = self._room.last_seq - joiner.since
        else:
            return True
        return not 0 <= missed <= MAX_ENTRIES

    def _missed(self) -> Iterable[Message]:
        resuming = [each for each in self._readers if not self._is_reset(each)]
        revisions = [each.revision for each in resuming if each.revision is not None]
        if revisions:
            yield from self._known.filter(revision__gt=min(revisions))
        seqs = [each.since for each in resuming if each.revision is None and each.since is not None]
        if seqs:
            yield from self._known.filter(seq__gt=min(seqs))


def find_unreadable(pairs: Collection[tuple[UUID, Actor]]) -> set[tuple[UUID, Actor]]:
    """Returns those (room, actor) pairs where the actor may no longer read.

    Two queries, and one for the rooms of projects if there are any.
    """
    room_ids = {room_id for room_id, _ in pairs}
    user_ids = {actor.id for _, actor in pairs if actor.id is not None}
    rooms = {room.id: room for room in whole_rooms().filter(id__any_of=room_ids)}
    members = Membership.objects.filter(room__any_of=room_ids, user__any_of=user_ids)
    memberships = {(each.room_id, each.user_id): each for each in members} if user_ids else {}
    roles = read_project_roles(rooms.values(), user_ids)
    return {
        (room_id, actor)
        for room_id, actor in pairs
        if room_id not in rooms
        or not standing_in(
            rooms[room_id],
            memberships.get((room_id, actor.id)) if actor.id else None,
            actor,
            role_in(rooms[room_id], actor, roles),
        ).access.can_read
    }
