"""Reads of messages, with authorisation."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Max, OuterRef, QuerySet, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from apikit.actors import Actor
from apikit.errors import ForbiddenError
from apikit.searching import found_by
from chat.access import check_read, team_of
from chat.errors import MessageNotFoundError
from chat.message_wire import SeqPage, id_or_none, page_by_seq, view_messages, whole_messages
from chat.models import Message, MessageEdit, Room, ThreadFollow
from chat.selectors import find_membership, get_readable, own_rooms, standing_in
from chat.wire import MessagePage, SeqPagination, ThreadPage
from workspaces.selectors import read_role

# What the lobby's older route returns.
LOBBY_MESSAGES = 500


@dataclass(frozen=True, slots=True)
class Place:
    """Which messages of a room or thread are wanted; see ``message_wire.page_by_seq``."""

    limit: int
    before: int | None = None
    after: int | None = None


def get_message_for(actor: Actor, message_id: UUID) -> Message:
    """Return a message that ``actor`` may read, with its author and room; at most three queries.

    :raises MessageNotFoundError: for messages in invisible rooms as for missing ones.
    :raises NotRoomMemberError, BannedFromRoomError: see ``access.check_read``.
    """
    messages = whole_messages().select_related("room__poll", "room__project")
    message = messages.filter(id=message_id).first()
    if message is None:
        raise MessageNotFoundError
    membership = find_membership(message.room_id, actor.id)
    role = read_role(team_of(message.room, message.room.poll), actor)
    access = standing_in(message.room, membership, actor, role).access
    if not access.can_see:
        raise MessageNotFoundError
    check_read(access)
    return message


def list_messages_for(actor: Actor, room_id: UUID, place: Place) -> MessagePage:
    """Return messages of a room, replies included; at most eight queries.

    The numbers of the room are read first: a client that continues after them misses nothing.

    :raises RoomNotFoundError, NotRoomMemberError, BannedFromRoomError: see ``access.check_read``.
    """
    room = get_readable(actor, room_id).room
    page = _page(whole_messages().filter(room_id=room_id), place)
    return MessagePage(
        messages=view_messages(page.messages, actor),
        pagination=_pagination(page, place),
        last_seq=room.last_seq,
        revision=room.revision,
    )


def get_thread_for(actor: Actor, message_id: UUID, place: Place) -> ThreadPage:
    """Return a message with its replies; at most ten queries.

    :raises MessageNotFoundError, NotRoomMemberError, BannedFromRoomError: see
        :func:`get_message_for`.
    """
    parent = get_message_for(actor, message_id)
    replies = whole_messages().filter(parent_id=parent.id)
    page = _page(replies, place)
    follow = ThreadFollow.objects.filter(message_id=parent.id, user_id=id_or_none(actor)).first()
    first, *others = view_messages([parent, *page.messages], actor)
    return ThreadPage(
        parent=first,
        replies=others,
        pagination=_pagination(page, place),
        is_following=follow is not None,
        unread_replies=None if follow is None else _count_unread(replies, follow),
    )


def search_messages_for(actor: Actor, text: str, room_id: UUID | None = None) -> QuerySet[Message]:
    """Return messages that contain ``text``, newest first: of a room, or of the actor's rooms.

    :raises AuthenticationRequiredError: for a visitor who names no room.
    :raises RoomNotFoundError, NotRoomMemberError, BannedFromRoomError: see ``access.check_read``.
    """
    found = whole_messages().filter(found_by(text, "searchable_body"))
    if room_id is None:
        actor.signed_in_id()
        found = found.filter(room__in=Room.objects.filter(own_rooms(actor)))
    else:
        found = found.filter(room_id=get_readable(actor, room_id).room.id)
    return found.order_by("-id")


def list_edits_for(actor: Actor, message_id: UUID) -> list[MessageEdit]:
    """Return the earlier texts of a message, oldest first.

    :raises MessageNotFoundError, NotRoomMemberError, BannedFromRoomError: see
        :func:`get_message_for`.
    :raises ForbiddenError: unless ``actor`` is staff.
    """
    message = get_message_for(actor, message_id)
    if not actor.is_staff:
        raise ForbiddenError
    return list(MessageEdit.objects.filter(message_id=message.id).order_by("id"))


def list_lobby_messages(lobby: Room) -> list[Message]:
    """Return the newest messages of the lobby, oldest first, without deleted ones."""
    messages = whole_messages().filter(room_id=lobby.id, deleted_at=None)
    return list(messages.order_by("-seq")[:LOBBY_MESSAGES])[::-1]


def messages_per_user() -> Combinable:
    """Return the number of messages of a user, as an expression for queries of users."""
    messages = Message.objects.filter(author=OuterRef("pk"), deleted_at=None).order_by()
    counts = messages.values("author").annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counts), 0)


def _count_unread(replies: QuerySet[Message], follow: ThreadFollow) -> int:
    """Count the replies behind a follower's marker; their own reply moves it, too."""
    own = replies.filter(author_id=follow.user_id).aggregate(newest=Max("seq"))["newest"]
    return replies.filter(seq__gt=max(follow.last_read_seq, own or 0)).count()


def _page(messages: QuerySet[Message], place: Place) -> SeqPage:
    return page_by_seq(messages, limit=place.limit, before=place.before, after=place.after)


def _pagination(page: SeqPage, place: Place) -> SeqPagination:
    return SeqPagination(limit=place.limit, before=page.before, after=page.after)
