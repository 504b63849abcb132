"""Reads of rooms and their members, with authorisation."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet, Subquery

from accounts.models import User
from apikit.actors import Actor
from apikit.searching import found_by
from chat.access import Access, access_to, check_read
from chat.errors import RoomNotFoundError
from chat.message_wire import id_or_none, view_messages, whole_messages
from chat.models import MemberRole, Membership, Mention, Message, Room, RoomKind
from chat.wire import MessageView, ReadMarker, RoomView, view_person
from polls.selectors import visible_to
from polls.visibility import is_visible as is_visible_poll

IS_MEMBER = Q(joined_at__isnull=False, banned_at=None)
IS_INVITED = Q(invited_at__isnull=False, joined_at=None, banned_at=None)


@dataclass(frozen=True, slots=True)
class Standing:
    """A room, the actor's row in it, and what they may do there."""

    room: Room
    membership: Membership | None
    access: Access


@dataclass(frozen=True, slots=True)
class RoomFilter:
    """The filters of a list of rooms; None does not filter."""

    kind: RoomKind | None = None
    is_member: bool | None = None
    is_invited: bool | None = None
    search: str = ""


def whole_rooms() -> QuerySet[Room]:
    """Return rooms with their polls, which decide about access; ``poll`` is None once deleted."""
    return Room.objects.select_related("poll")


def standing_in(room: Room, membership: Membership | None, actor: Actor) -> Standing:
    """Return what ``actor`` may do in a room of :func:`whole_rooms`."""
    poll = room.poll
    access = access_to(
        room,
        membership,
        actor,
        poll_is_visible=poll is not None and is_visible_poll(poll, actor, None),
        is_poll_owner=poll is not None and actor.id is not None and poll.creator_id == actor.id,
    )
    return Standing(room, membership, access)


def get_standing(actor: Actor, room_id: UUID, *, is_locked: bool = False) -> Standing:
    """Return a room that ``actor`` may see; two queries.

    ``is_locked`` locks the room until the end of the transaction.

    :raises RoomNotFoundError: for invisible rooms as for missing ones.
    """
    rooms = whole_rooms().filter(id=room_id)
    room = (rooms.select_for_update(of=("self",)) if is_locked else rooms).first()
    if room is None:
        raise RoomNotFoundError
    standing = standing_in(room, find_membership(room_id, actor.id), actor)
    if not standing.access.can_see:
        raise RoomNotFoundError
    return standing


def get_readable(actor: Actor, room_id: UUID) -> Standing:
    """Return a room whose messages ``actor`` may read; two queries.

    :raises RoomNotFoundError, NotRoomMemberError, BannedFromRoomError: see ``access.check_read``.
    """
    standing = get_standing(actor, room_id)
    check_read(standing.access)
    return standing


def find_membership(room_id: UUID, user_id: UUID | None) -> Membership | None:
    """Return a person's row in a room, if there is one."""
    if user_id is None:
        return None
    return Membership.objects.filter(room_id=room_id, user_id=user_id).first()


def list_rooms_for(actor: Actor, narrow: RoomFilter) -> QuerySet[Room]:
    """Return the actor's rooms and invitations, the open rooms and the lobby, newest first.

    A poll's room is among them once the actor has joined it.
    """
    own = Membership.objects.filter(user_id=id_or_none(actor)).order_by()
    members, invited = own.filter(IS_MEMBER), own.filter(IS_INVITED)
    banned = own.filter(banned_at__isnull=False)
    # Most rooms are of polls. With a union, the cost does not depend on how many there are.
    candidates = members.values("room").union(
        invited.values("room"),
        Room.objects.filter(is_open=True).order_by().values("id"),
        Room.objects.filter(kind=RoomKind.LOBBY).order_by().values("id"),
    )
    rooms = whole_rooms().filter(is_listed(actor), id__in=candidates)
    rooms = rooms.exclude(id__in=banned.values("room"))
    if narrow.kind is not None:
        rooms = rooms.filter(kind=narrow.kind)
    for rows, wanted in ((members, narrow.is_member), (invited, narrow.is_invited)):
        if wanted is not None:
            is_among = Q(id__in=rows.values("room"))
            rooms = rooms.filter(is_among if wanted else ~is_among)
    if narrow.search:
        rooms = rooms.filter(_matching(actor, narrow.search))
    return rooms.order_by("-id")


def view_rooms(rooms: Collection[Room], actor: Actor) -> list[RoomView]:
    """Return rooms of :func:`whole_rooms` as ``actor`` sees them; at most eight queries."""
    ids = [room.id for room in rooms]
    own = Membership.objects.filter(room_id__in=ids, user_id=id_or_none(actor))
    memberships = {each.room_id: each for each in own} if actor.id else {}
    standings = [standing_in(room, memberships.get(room.id), actor) for room in rooms]
    others = _others_in_direct_rooms(rooms, actor)
    last_messages = _last_messages(standings, actor)
    markers = read_markers(memberships.values(), actor)
    mentions = _count_unread_mentions(memberships, actor)
    return [
        _view_room(
            each,
            person=others.get(each.room.id),
            last_message=last_messages.get(each.room.id),
            last_read_seq=markers.get(each.room.id),
            unread_mentions=mentions.get(each.room.id, 0),
        )
        for each in standings
    ]


def view_room(room_id: UUID, actor: Actor) -> RoomView:
    """Return a room as ``actor`` sees it.

    :raises RoomNotFoundError: as in :func:`get_standing`.
    """
    standing = get_standing(actor, room_id)
    return view_rooms([standing.room], actor)[0]


def read_markers(memberships: Iterable[Membership], actor: Actor) -> dict[UUID, int]:
    """Return how far ``actor`` has read, by room; one query.

    Whoever writes in a room has read what was there. Rooms that the actor neither joined nor read
    are missing.
    """
    stored = {
        each.room_id: each.last_read_seq
        for each in memberships
        if each.joined_at is not None or each.last_read_seq
    }
    if not stored:
        return {}
    marker = Membership.objects.filter(room_id=OuterRef("room_id"), user_id=id_or_none(actor))
    own = Message.objects.filter(
        room_id__in=list(stored),
        author_id=id_or_none(actor),
        seq__gt=Subquery(marker.values("last_read_seq")),
    )
    newest = own.order_by().values_list("room_id").annotate(newest=Max("seq"))
    return stored | dict(newest)


def view_marker(membership: Membership, actor: Actor) -> ReadMarker:
    """Return how far ``actor`` has read in a room, and what is left; three queries."""
    room_id = membership.room_id
    last_read_seq = read_markers([membership], actor).get(room_id, membership.last_read_seq)
    return ReadMarker(
        room_id=room_id,
        last_read_seq=last_read_seq,
        unread_count=max(0, membership.room.last_seq - last_read_seq),
        unread_mentions=_count_unread_mentions({room_id: membership}, actor).get(room_id, 0),
    )


def is_listed(actor: Actor) -> Q:
    """Match rooms that ``actor`` may see if they are a member; not the hidden ones."""
    has_visible_poll = Q(poll__id__isnull=False) & visible_to(actor, "poll__")
    return Q(hidden_at=None, deleted_at=None) & (~Q(kind=RoomKind.POLL) | has_visible_poll)


def _matching(actor: Actor, text: str) -> Q:
    """Match rooms by their name: of a direct room the other person's, of a poll's its question."""
    people = User.objects.filter(found_by(text, "searchable_name")).exclude(id=id_or_none(actor))
    direct = Membership.objects.filter(room_id=OuterRef("pk"), user__in=people)
    by_person = Q(kind=RoomKind.DIRECT) & Q(Exists(direct))
    return found_by(text, "searchable_name", "poll__searchable_question") | by_person


def _others_in_direct_rooms(rooms: Iterable[Room], actor: Actor) -> dict[UUID, User]:
    ids = [room.id for room in rooms if room.kind == RoomKind.DIRECT]
    if not ids:
        return {}
    others = Membership.objects.filter(room_id__in=ids).exclude(user_id=id_or_none(actor))
    return {each.room_id: each.user for each in others.select_related("user")}


def _last_messages(standings: Iterable[Standing], actor: Actor) -> dict[UUID, MessageView]:
    ids = [each.room.id for each in standings if each.access.can_read and each.room.last_seq]
    if not ids:
        return {}
    found: QuerySet[Message] = whole_messages().filter(room_id__in=ids, seq=F("room__last_seq"))
    return {view.room_id: view for view in view_messages(list(found), actor)}


def _count_unread_mentions(
    memberships: Mapping[UUID, Membership], actor: Actor
) -> Mapping[UUID, int]:
    if not memberships:
        return {}
    marker = Membership.objects.filter(room_id=OuterRef("room_id"), user_id=id_or_none(actor))
    unread = Mention.objects.filter(
        user_id=id_or_none(actor),
        room_id__in=list(memberships),
        seq__gt=Subquery(marker.values("last_read_seq")),
        message__deleted_at=None,
    )
    counts = unread.order_by().values_list("room_id").annotate(count=Count("id"))
    return dict(counts)


def _view_room(
    standing: Standing,
    *,
    person: User | None,
    last_message: MessageView | None,
    last_read_seq: int | None,
    unread_mentions: int,
) -> RoomView:
    room, membership, access = standing.room, standing.membership, standing.access
    has_marker = access.can_read and last_read_seq is not None
    unread_count = max(0, room.last_seq - (last_read_seq or 0))
    return RoomView(
        id=room.id,
        kind=RoomKind(room.kind),
        name=_name_of(room, person),
        is_open=room.is_open,
        is_announcement_only=room.is_announcement_only,
        slow_mode_seconds=room.slow_mode_s,
        poll_id=room.poll_id,
        creator_id=room.creator_id,
        person=None if person is None else view_person(person),
        member_count=room.member_count,
        created_at=room.created_at,
        updated_at=room.updated_at,
        role=MemberRole(membership.role) if membership and access.is_member else None,
        is_member=access.is_member,
        is_invited=not access.is_member and not access.is_banned and _was_invited(membership),
        is_moderator=access.can_moderate,
        muted_until=membership.muted_until if membership else None,
        last_seq=room.last_seq if access.can_read else None,
        revision=room.revision if access.can_read else None,
        last_read_seq=last_read_seq if has_marker else None,
        unread_count=unread_count if has_marker else None,
        unread_mentions=unread_mentions if has_marker else None,
        last_message=last_message,
    )


def _name_of(room: Room, person: User | None) -> str:
    if room.poll is not None:
        return room.poll.question
    return person.name if person is not None else room.name


def _was_invited(membership: Membership | None) -> bool:
    return membership is not None and membership.invited_at is not None
