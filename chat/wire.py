"""Wire format of rooms and messages."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.models import User
from apikit.pagination import Pagination
from apikit.wire import Id, Wire
from chat.models import MemberRole, Message, MessageKind, RoomKind
from chat.notices import NoticeView, view_notice


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonView(Wire):
    """Somebody in a room."""

    id: Id
    name: str
    is_guest: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactionView(Wire):
    """An emoji on a message, and how many people added it.

    ``user_ids`` has at most twenty of them; over REST you are among them if you added it.
    """

    emoji: str
    count: int
    user_ids: tuple[Id, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageView(Wire):
    """A message.

    ``seq`` numbers the messages of a room without gaps, replies included. ``revision`` rises when
    the message changes. ``parent_id`` is the first message of the thread that it replies to.
    ``poll_id`` is a poll to vote on in place. A deleted message keeps its place, with
    ``deleted_at`` and an empty ``body``. ``author`` is null for messages of the system, and once
    the account is deleted. ``notice`` is what the system says, as data, to say it in another
    language than ``body``. ``mentions`` are the ids of the people that the body mentions.
    """

    id: Id
    room_id: Id
    seq: int
    revision: int
    kind: MessageKind
    author: PersonView | None
    body: str
    parent_id: Id | None
    reply_count: int
    last_reply_at: datetime | None
    poll_id: Id | None
    notice: NoticeView | None
    mentions: tuple[Id, ...]
    reactions: tuple[ReactionView, ...]
    created_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomView(Wire):
    """A room as you see it.

    ``name`` is the question in a poll's room, the project's name in a project's room, and the other
    person's name in a direct room, where ``person`` is that person. ``role`` is null unless you are
    a member. The numbers and
    ``last_message`` are null while you cannot read the room, and ``unread_count`` and
    ``unread_mentions`` also where you have no read marker.
    """

    id: Id
    kind: RoomKind
    name: str
    is_open: bool
    is_announcement_only: bool
    slow_mode_seconds: int
    poll_id: Id | None
    project_id: Id | None
    creator_id: Id | None
    person: PersonView | None
    member_count: int
    created_at: datetime
    updated_at: datetime
    role: MemberRole | None
    is_member: bool
    is_invited: bool
    is_moderator: bool
    muted_until: datetime | None
    last_seq: int | None
    revision: int | None
    last_read_seq: int | None
    unread_count: int | None
    unread_mentions: int | None
    last_message: MessageView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberView(Wire):
    """Somebody who joined, was invited, muted or banned. Only moderators get the last three."""

    user: PersonView
    role: MemberRole
    joined_at: datetime | None
    invited_at: datetime | None
    muted_until: datetime | None
    banned_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EditView(Wire):
    """A text that a message had before."""

    body: str
    replaced_at: datetime


def view_person(user: User) -> PersonView:
    """Return a person as everybody in the room sees them."""
    return PersonView(id=user.id, name=user.name, is_guest=user.is_guest)


def view_message(
    message: Message,
    *,
    mentions: Iterable[UUID] = (),
    reactions: Iterable[ReactionView] = (),
) -> MessageView:
    """Return ``message`` as everybody in its room sees it; its author must be loaded."""
    is_deleted = message.deleted_at is not None
    return MessageView(
        id=message.id,
        room_id=message.room_id,
        seq=message.seq,
        revision=message.revision,
        kind=MessageKind(message.kind),
        author=None if message.author is None else view_person(message.author),
        body="" if is_deleted else message.body,
        parent_id=message.parent_id,
        reply_count=message.reply_count,
        last_reply_at=message.last_reply_at,
        poll_id=None if is_deleted else message.poll_id,
        notice=view_notice(message),
        mentions=() if is_deleted else tuple(mentions),
        reactions=() if is_deleted else tuple(reactions),
        created_at=message.created_at,
        edited_at=message.edited_at,
        deleted_at=message.deleted_at,
    )


# Response bodies


@dataclass(frozen=True, slots=True, kw_only=True)
class OneRoom(Wire):
    room: RoomView


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedRoom(Wire):
    message: str
    room: RoomView


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomList(Wire):
    rooms: list[RoomView]
    pagination: Pagination


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberList(Wire):
    members: list[MemberView]
    pagination: Pagination


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedMember(Wire):
    message: str
    member: MemberView


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadMarker(Wire):
    """How far you have read, and what is left."""

    room_id: Id
    last_read_seq: int
    unread_count: int
    unread_mentions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SeqPagination(Wire):
    """``before`` and ``after`` are the parameters that continue in either direction.

    They are null where nothing follows.
    """

    limit: int
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePage(Wire):
    """Messages in the order of ``seq``. ``last_seq`` and ``revision`` are the room's."""

    messages: list[MessageView]
    pagination: SeqPagination
    last_seq: int
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadPage(Wire):
    """The first message of a thread, and its replies in the order of ``seq``.

    ``unread_replies`` is null unless you follow the thread.
    """

    parent: MessageView
    replies: list[MessageView]
    pagination: SeqPagination
    is_following: bool
    unread_replies: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedThread(Wire):
    """Whether you follow a thread; ``last_read_seq`` is null if you do not."""

    message_id: Id
    is_following: bool
    last_read_seq: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundMessages(Wire):
    messages: list[MessageView]
    pagination: Pagination


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedMessage(Wire):
    """``message`` is a sentence, as in other responses; ``data`` is the message in the room."""

    message: str
    data: MessageView


@dataclass(frozen=True, slots=True, kw_only=True)
class EditHistory(Wire):
    """The earlier texts of a message, oldest first."""

    edits: list[EditView]
