"""The ledger: the only code that posts messages, any number in one transaction.

:func:`record` locks the rooms by id, so that processes cannot deadlock; reads everything the
decisions need, one query per table; decides each draft in memory, in order of arrival; and writes
the messages with the next numbers of their rooms. The number of queries does not depend on the
number of drafts.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.errors import AccountSuspendedError
from accounts.models import User
from apikit.actors import Actor
from apikit.errors import ApiError, IdempotencyKeyReusedError, TokenInvalidError
from apikit.group_commit import BatchResult
from chat import mentions, rows
from chat.drafts import Draft, DraftResult, PostedMessage
from chat.errors import RoomNotFoundError
from chat.events import MessagePosted, TopicEvent, thread_of
from chat.hooks import messages_posted
from chat.lobby_wire import view_lobby_message
from chat.message_wire import view_messages
from chat.models import Message, Room, RoomKind
from chat.room_batch import RoomBatch
from chat.topics import room_topic
from chat.wire import MessageView, view_message
from polls.wire import head_poll

# A message, posted now or before, or why it was refused.
Decided = Message | ApiError
DrainLate = Callable[[Collection[UUID]], Sequence[Draft]]
LedgerResult = BatchResult[PostedMessage, TopicEvent]


def record(
    drafts: Sequence[Draft], *, is_retry: bool = False, drain_late: DrainLate | None = None
) -> LedgerResult:
    """Decides and writes ``drafts``. Committed on return.

    ``is_retry`` means that an earlier try may have been committed although it failed.
    ``drain_late(room_ids)`` returns drafts for these rooms that were queued while waiting for the
    locks; they are decided after the others.

    :raises django.db.Error: if nothing was written, or the outcome of the commit is unknown.
    """
    with transaction.atomic():
        batch = _Batch(drafts, drain_late, is_retry=is_retry)
        results = [batch.decide(draft) for draft in batch.drafts]
        batch.save()
        viewed = batch.viewed(results)
        posted = batch.posted()
        messages_posted.run(posted)
        return BatchResult(viewed, [(room_topic(room.id), each) for room, each in posted])


class _Batch:
    """The rooms and authors of one transaction's drafts, locked and read."""

    def __init__(
        self, drafts: Sequence[Draft], drain_late: DrainLate | None, *, is_retry: bool
    ) -> None:
        self.drafts = list(drafts)
        room_ids = {draft.room_id for draft in drafts}
        room_rows = rows.lock_rooms(room_ids)
        if drain_late is not None:
            room_rows.fetch()
            self.drafts += drain_late(room_ids)
        keys = {(draft.room_id, draft.author_id, draft.family_id) for draft in self.drafts}
        self._found = rows.lock_and_read(room_rows, keys, self.drafts)
        self._rooms = {room.id: RoomBatch(room, self._found) for room in self._found.rooms.values()}
        repeated = rows.find_repeated(self.drafts, is_retry=is_retry)
        self._first_bodies = rows.first_bodies(repeated)
        self._by_id = {message.id: message for message in repeated}
        self._by_key: dict[tuple[UUID, UUID | None, str], Message] = {
            (message.room_id, message.author_id, message.key): message
            for message in repeated
            if message.key is not None
        }
        self._mentions: dict[UUID, tuple[UUID, ...]] = {}
        self._views: dict[UUID, MessageView] = {}
        # Only once the locks are held, because a mute may end while waiting for them.
        self._now = timezone.now()

    def decide(self, draft: Draft) -> Decided:
        """Decides one draft in memory; returns its message or its refusal."""
        try:
            return self._decide(draft)
        except ApiError as refusal:
            return refusal

    def _decide(self, draft: Draft) -> Message:
        author = self._check_author(draft)
        # An earlier try was committed, but its result was lost.
        committed = self._by_id.get(draft.message_id)
        if committed is not None:
            return committed
        room_batch = self._rooms.get(draft.room_id)
        if room_batch is None:
            raise RoomNotFoundError
        if draft.key is None:
            return room_batch.post(draft, author, self._now)
        key = (draft.room_id, draft.author_id, draft.key)
        if key in self._by_key:
            room_batch.check_readable(author)
            return self._replay(draft, self._by_key[key])
        message = self._by_key[key] = room_batch.post(draft, author, self._now)
        return message

    def _replay(self, draft: Draft, message: Message) -> Message:
        body = self._first_bodies.get(message.id, message.body)
        if (body, message.parent_id, message.poll_id) != (
            draft.body,
            draft.parent_id,
            draft.poll_id,
        ):
            raise IdempotencyKeyReusedError
        return message

    def _check_author(self, draft: Draft) -> User:
        author = self._found.authors.get(draft.author_id)
        if author is None:
            raise TokenInvalidError
        if not author.is_active:
            raise AccountSuspendedError
        if draft.family_id and (author.id, draft.family_id) not in self._found.live_families:
            raise TokenInvalidError
        return author

    def save(self) -> None:
        """Writes what was decided; nothing if every draft was refused or repeated."""
        changed = [each for each in self._rooms.values() if each.messages]
        if not changed:
            return
        messages = [message for each in changed for message in each.messages]
        self._find_mentions(messages)
        rows.save(
            [each.room for each in changed],
            messages,
            [parent for each in changed for parent in each.parents.values()],
            self._mentions,
            [marker for each in changed for marker in each.markers.values()],
        )

    def _find_mentions(self, messages: Sequence[Message]) -> None:
        named = {
            message.id: names
            for message in messages
            if (names := mentions.possible_names(message.body))
        }
        if not named:
            return
        rooms = {message.id: message.room_id for message in messages}
        members = mentions.find_members(
            {
                (rooms[message_id], name)
                for message_id, names in named.items()
                for prefixes in names
                for name in prefixes
            },
            {room.id: room.project_id for room in self._found.rooms.values() if room.project_id},
        )
        for message_id, names in named.items():
            if found := mentions.mentioned(rooms[message_id], names, members):
                self._mentions[message_id] = found

    def viewed(self, decided: Sequence[Decided]) -> list[DraftResult]:
        """Returns the results of the drafts, in their order."""
        repeated = {each.id: each for each in decided if isinstance(each, Message)}
        for message in self._new_messages():
            del repeated[message.id]
            self._views[message.id] = view_message(
                message, mentions=self._mentions.get(message.id, ())
            )
        # Queries, because people may have reacted to them since.
        for view in view_messages(list(repeated.values()), Actor()):
            self._views[view.id] = view
        return [
            result
            if isinstance(result, ApiError)
            else PostedMessage(
                message=self._views[result.id], is_replayed=result.id != draft.message_id
            )
            for draft, result in zip(self.drafts, decided, strict=True)
        ]

    def posted(self) -> list[tuple[Room, MessagePosted]]:
        """Returns the new messages with their rooms, to publish once they are committed."""
        return [
            (self._found.rooms[message.room_id], self._event(message))
            for message in self._new_messages()
        ]

    def _event(self, message: Message) -> MessagePosted:
        poll = None if message.poll_id is None else self._found.polls[message.poll_id]
        parent = None if message.parent_id is None else self._found.parents[message.parent_id]
        return MessagePosted(
            room_id=message.room_id,
            revision=message.created_revision,
            message=self._views[message.id],
            thread=None if parent is None else thread_of(parent),
            poll=None if poll is None else head_poll(poll, self._now),
            lobby=view_lobby_message(message) if self._is_lobby(message.room_id) else None,
        )

    def _is_lobby(self, room_id: UUID) -> bool:
        return self._found.rooms[room_id].kind == RoomKind.LOBBY

    def _new_messages(self) -> Iterator[Message]:
        for each in self._rooms.values():
            yield from each.messages
