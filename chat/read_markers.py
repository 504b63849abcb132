"""How far people have read in rooms, and what is left."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Max, OuterRef, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from apikit.actors import Actor
from chat.message_wire import id_or_none
from chat.models import Membership, Mention, Message, Room, RoomKind
from chat.wire import ReadMarker
from workspaces.models import Member


@dataclass(frozen=True, slots=True)
class Marker:
    """How far a person has read in a room, and what is left."""

    last_read_seq: int
    unread_count: int
    unread_mentions: int


def read_markers(
    rooms: Iterable[Room], memberships: Mapping[UUID, Membership], actor: Actor
) -> dict[UUID, Marker]:
    """Return how far ``actor`` has read, by room; at most three queries.

    ``memberships`` are the actor's rows, by room. People who write in a room have read what was
    there. Rooms that the actor neither joined nor read are missing. In the room of a project, what
    was written before somebody became a member counts as read.
    """
    rooms = list(rooms)
    stored = {
        room_id: each.last_read_seq
        for room_id, each in memberships.items()
        if each.joined_at is not None or each.last_read_seq
    }
    of_projects = {room.id for room in rooms if room.kind == RoomKind.PROJECT}
    first = _seqs_at_joining(of_projects - stored.keys(), actor)
    seqs = stored | first | _own_seqs({*stored, *first}, actor)
    mentions = _count_unread_mentions({*memberships, *first}, actor)
    markers = {}
    for room in rooms:
        if room.id in seqs:
            unread_count = max(0, room.last_seq - seqs[room.id])
            unread_mentions = mentions.get(room.id, 0)
            if room.id in first:
                # They may have been mentioned during an earlier membership.
                unread_mentions = min(unread_mentions, unread_count)
            markers[room.id] = Marker(seqs[room.id], unread_count, unread_mentions)
    return markers


def view_marker(membership: Membership, actor: Actor) -> ReadMarker:
    """Return how far ``actor`` has read in a room, and what is left; at most four queries."""
    room = membership.room
    marker = read_markers([room], {room.id: membership}, actor).get(room.id)
    marker = marker or Marker(membership.last_read_seq, room.last_seq, 0)
    return ReadMarker(
        room_id=room.id,
        last_read_seq=marker.last_read_seq,
        unread_count=marker.unread_count,
        unread_mentions=marker.unread_mentions,
    )


def _seqs_at_joining(room_ids: Collection[UUID], actor: Actor) -> dict[UUID, int]:
    """Return the newest messages of projects' rooms when the actor became a member."""
    if not room_ids:
        return {}
    earlier = Message.objects.filter(
        room_id=OuterRef("project__room"), created_at__lt=OuterRef("joined_at")
    )
    newest = Subquery(earlier.order_by("-seq").values("seq")[:1])
    own = Member.objects.filter(user_id=id_or_none(actor), project__room__in=room_ids)
    return dict(own.order_by().values_list("project__room", Coalesce(newest, 0)))


def _own_seqs(room_ids: Collection[UUID], actor: Actor) -> dict[UUID, int]:
    """Return the actor's newest messages that are newer than their stored markers."""
    if not room_ids:
        return {}
    own = Message.objects.filter(
        room_id__in=list(room_ids), author_id=id_or_none(actor), seq__gt=_stored_seq(actor)
    )
    return dict(own.order_by().values_list("room_id").annotate(newest=Max("seq")))


def _count_unread_mentions(room_ids: Collection[UUID], actor: Actor) -> dict[UUID, int]:
    if not room_ids:
        return {}
    unread = Mention.objects.filter(
        user_id=id_or_none(actor),
        room_id__in=list(room_ids),
        seq__gt=_stored_seq(actor),
        message__deleted_at=None,
    )
    return dict(unread.order_by().values_list("room_id").annotate(count=Count("id")))


def _stored_seq(actor: Actor) -> Combinable:
    """Return the actor's marker in the room of a row, for queries; 0 without one."""
    marker = Membership.objects.filter(room_id=OuterRef("room_id"), user_id=id_or_none(actor))
    return Coalesce(Subquery(marker.values("last_read_seq")), 0)
