"""One room of a batch: its row under lock, and the messages that the batch adds to it."""

from datetime import datetime
from uuid import UUID

from accounts.models import User
from apikit.actors import Actor
from apikit.ids import new_id
from chat.access import Access, access_to, check_post, check_read
from chat.drafts import Draft
from chat.errors import MessageDeletedError, MessageNotFoundError
from chat.models import Membership, Message, MessageKind, Room
from chat.rows import Found
from polls.errors import PollNotFoundError
from polls.visibility import is_public, is_visible, may
from workspaces.permissions import Action


class RoomBatch:
    """A locked room, and the messages posted in it by the batch, in order."""

    def __init__(self, room: Room, found: Found) -> None:
        self.room = room
        self.messages: list[Message] = []
        # Messages that got replies, by id.
        self.parents: dict[UUID, Message] = {}
        # Memberships with a new last_posted_at, by person.
        self.markers: dict[UUID, Membership] = {}
        self._found = found

    def post(self, draft: Draft, author: User, now: datetime) -> Message:
        """Adds a message in memory.

        :raises ApiError: what ``access.check_post`` raises.
        :raises MessageNotFoundError: if the parent is not the first message of a thread here.
        :raises MessageDeletedError: if the parent was deleted.
        :raises PollNotFoundError: if the poll of the card is not public.
        """
        membership = self._found.memberships.get((self.room.id, author.id))
        check_post(self._access(author, membership), self.room, membership, now)
        parent = None if draft.parent_id is None else self._parent(draft.parent_id)
        if draft.poll_id is not None:
            poll = self._found.polls.get(draft.poll_id)
            if poll is None or not is_public(poll):
                raise PollNotFoundError
        message = self._add(draft, author, now)
        if parent is not None:
            parent.reply_count += 1
            parent.last_reply_at = now
            self.parents[parent.id] = parent
        if self.room.slow_mode_s:
            self._mark(author.id, membership, now)
        return message

    def check_readable(self, author: User) -> None:
        """Check that the author may still read the room, before a message is repeated to them.

        :raises ApiError: what ``access.check_read`` raises.
        """
        membership = self._found.memberships.get((self.room.id, author.id))
        check_read(self._access(author, membership))

    def _access(self, author: User, membership: Membership | None) -> Access:
        actor = Actor(author.id, is_guest=author.is_guest, is_staff=author.is_staff)
        poll, team = self._found.poll_of(self.room), self._found.team_of(self.room)
        role = None if team is None else self._found.roles.get((team, author.id))
        return access_to(
            self.room,
            membership,
            actor,
            poll_is_visible=poll is not None and is_visible(poll, actor, role),
            is_poll_owner=poll is not None and may(poll, actor, role, Action.EDIT_POLLS),
            project_role=role,
        )

    def _parent(self, parent_id: UUID) -> Message:
        parent = self._found.parents.get(parent_id)
        if parent is None or parent.room_id != self.room.id or parent.parent_id is not None:
            raise MessageNotFoundError
        if parent.deleted_at is not None:
            raise MessageDeletedError
        return parent

    def _add(self, draft: Draft, author: User, now: datetime) -> Message:
        message = append(
            self.room,
            now,
            id=draft.message_id,
            author=author,
            body=draft.body,
            parent_id=draft.parent_id,
            poll_id=draft.poll_id,
            key=draft.key,
            legacy=draft.legacy,
        )
        self.messages.append(message)
        return message

    def _mark(self, author_id: UUID, membership: Membership | None, now: datetime) -> None:
        """Stores when the author last posted, for slow mode, which needs a row of theirs."""
        if membership is None:
            membership = Membership(
                id=new_id(), room_id=self.room.id, user_id=author_id, created_at=now
            )
            self._found.memberships[self.room.id, author_id] = membership
        membership.last_posted_at = now
        self.markers[author_id] = membership


def append(room: Room, now: datetime, **fields: object) -> Message:
    """Returns the next message of a locked room, not saved; counts it in the room."""
    room.last_seq += 1
    room.revision += 1
    message = Message(
        room_id=room.id,
        seq=room.last_seq,
        created_revision=room.revision,
        revision=room.revision,
        created_at=now,
        **fields,
    )
    if message.author_id is None:
        message.kind = MessageKind.SYSTEM
    return message
