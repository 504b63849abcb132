"""Reads, locks and writes the rows that the ledger works on."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS

from accounts.models import User
from apikit.postgres.bulk import update, write
from apikit.postgres.prepared import PendingRows
from chat import queries
from chat.access import team_of
from chat.drafts import Draft
from chat.models import Membership, Mention, Message, MessageEdit, Room, ThreadFollow
from chat.queries import AUTHOR_COLUMNS, MEMBERSHIP_COLUMNS
from polls.models import Poll
from polls.selectors import whole_polls
from workspaces.selectors import Roles, read_roles

# The room of a draft, its author, and the token family of the sign-in, if any.
DraftKey = tuple[UUID, UUID, UUID | None]


@dataclass(frozen=True, slots=True)
class Found:
    """What a batch needs to decide its drafts, locked.

    ``memberships`` is by room and author. ``live_families`` holds (author, family) for each token
    family that belongs to its author and is not revoked. ``polls`` holds those of rooms and cards.
    """

    rooms: dict[UUID, Room] = field(default_factory=dict)
    authors: dict[UUID, User] = field(default_factory=dict)
    memberships: dict[tuple[UUID, UUID], Membership] = field(default_factory=dict)
    live_families: set[tuple[UUID, UUID]] = field(default_factory=set)
    # Of the authors, in the projects of the rooms and their polls.
    roles: Roles = field(default_factory=dict)
    parents: dict[UUID, Message] = field(default_factory=dict)
    polls: dict[UUID, Poll] = field(default_factory=dict)

    def poll_of(self, room: Room) -> Poll | None:
        """Returns the poll of a poll's room, unless it is deleted."""
        return None if room.poll_id is None else self.polls.get(room.poll_id)

    def team_of(self, room: Room) -> UUID | None:
        """Returns the project whose roles decide about a room."""
        return team_of(room, self.poll_of(room))


def lock_rooms(room_ids: Collection[UUID]) -> PendingRows:
    """Locks rooms until the end of the transaction, from when the rows have been fetched."""
    return queries.LOCKED_ROOMS.execute(room_ids)


def lock_and_read(
    room_rows: PendingRows, keys: Collection[DraftKey], drafts: Sequence[Draft]
) -> Found:
    """Locks the authors, and reads what the decisions need; ``keys`` has no duplicates.

    Runs after the rooms were locked, so nobody else changes what it reads until the transaction
    ends. Two queries, and one each for roles in projects, parents and polls if there are any.
    """
    author_rows = queries.LOCKED_AUTHORS.execute(
        [room_id for room_id, _, _ in keys],
        [author_id for _, author_id, _ in keys],
        [family_id for _, _, family_id in keys],
    )
    names = [each.attname for each in Room._meta.concrete_fields]
    found = Found()
    for row in room_rows.fetch():
        found.rooms[row[0]] = Room.from_db(DEFAULT_DB_ALIAS, names, row)
    _add_authors(author_rows.fetch(), found)
    if parent_ids := {each.parent_id for each in drafts if each.parent_id is not None}:
        parents = Message.objects.defer("searchable_body").filter(id__any_of=parent_ids)
        found.parents.update((each.id, each) for each in parents)
    _add_polls(drafts, found)
    teams = {team for each in found.rooms.values() if (team := found.team_of(each))}
    found.roles.update(read_roles(teams, found.authors.keys()))
    return found


def _add_authors(rows: Iterable[tuple[Any, ...]], found: Found) -> None:
    for row in rows:
        author_values = row[: len(AUTHOR_COLUMNS)]
        family_id, *membership_values = row[len(AUTHOR_COLUMNS) :]
        author = found.authors.get(row[0])
        if author is None:
            author = User(**dict(zip(AUTHOR_COLUMNS, author_values, strict=True)))
            found.authors[author.id] = author
        if family_id is not None:
            found.live_families.add((author.id, family_id))
        if membership_values[0] is not None:
            values = dict(zip(MEMBERSHIP_COLUMNS, membership_values, strict=True))
            membership = Membership(user_id=author.id, **values)
            found.memberships.setdefault((membership.room_id, author.id), membership)


def _add_polls(drafts: Iterable[Draft], found: Found) -> None:
    card_ids = {each.poll_id for each in drafts if each.poll_id is not None}
    room_poll_ids = {each.poll_id for each in found.rooms.values() if each.poll_id is not None}
    if card_ids:
        polls = whole_polls().filter(id__any_of=card_ids | room_poll_ids)
    elif room_poll_ids:
        polls = Poll.objects.defer("searchable_question").filter(id__any_of=room_poll_ids)
    else:
        return
    found.polls.update((each.id, each) for each in polls)


def find_repeated(drafts: Sequence[Draft], *, is_retry: bool) -> list[Message]:
    """Returns messages that were posted under the keys of drafts before.

    After a failure also those with their ids, which may have been committed. A query for the keys
    if there are any, and one for the messages.
    """
    keyed = [(each.room_id, each.author_id, each.key) for each in drafts if each.key is not None]
    ids = queries.find_by_keys(keyed) if keyed else []
    if is_retry:
        ids += [each.message_id for each in drafts]
    if not ids:
        return []
    messages = Message.objects.defer("searchable_body").select_related("author")
    return list(messages.filter(id__any_of=ids))


def first_bodies(messages: Iterable[Message]) -> dict[UUID, str]:
    """Returns the texts that changed messages were posted with; no query if none has changed."""
    changed = [each.id for each in messages if each.edited_at or each.deleted_at]
    if not changed:
        return {}
    edits = MessageEdit.objects.filter(message__any_of=changed).order_by("-id")
    return dict(edits.values_list("message_id", "body"))


def save(
    rooms: Sequence[Room],
    messages: Sequence[Message],
    parents: Sequence[Message],
    mentions: Mapping[UUID, Sequence[UUID]],
    markers: Sequence[Membership],
) -> None:
    """Writes the messages of a batch, and the counters of rooms and threads.

    The rooms are locked, so the counters in memory are those that the database has to hold.
    ``markers`` are memberships with a new ``last_posted_at``.
    """
    Message.objects.bulk_create(messages)
    write(
        update(Room, ("last_seq", "revision"), rooms),
        update(Message, ("reply_count", "last_reply_at"), parents),
    )
    if mentions:
        Mention.objects.bulk_create(
            [
                Mention(message_id=each.id, user_id=user_id, room_id=each.room_id, seq=each.seq)
                for each in messages
                for user_id in mentions.get(each.id, ())
            ]
        )
    if parents:
        _follow_threads(messages, parents)
    if markers:
        Membership.objects.bulk_create(
            markers,
            update_conflicts=True,
            unique_fields=["room", "user"],
            update_fields=["last_posted_at"],
        )


def _follow_threads(messages: Sequence[Message], parents: Sequence[Message]) -> None:
    """The authors of a thread's messages follow it, unless they do already."""
    authors = {(each.id, each.author_id) for each in parents}
    authors |= {(each.parent_id, each.author_id) for each in messages if each.parent_id}
    ThreadFollow.objects.bulk_create(
        [
            ThreadFollow(message_id=message_id, user_id=author_id)
            for message_id, author_id in authors
            if author_id is not None and message_id is not None
        ],
        ignore_conflicts=True,
    )
