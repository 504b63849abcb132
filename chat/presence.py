"""Presence in rooms, and which people get the online status of a person."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from apikit.wire import Id
from chat import examples
from chat.lobby_wire import LOBBY_PROTOCOL
from chat.models import Membership
from chat.selectors import IS_MEMBER
from chat.topics import ROOM_PREFIX, room_id_of
from realtime import event, named_presence
from realtime.events import Body
from realtime.people import related_people
from realtime.presence import PresenceDiff, PresenceState

# In larger rooms, a wave of arrivals would send everybody to everybody.
MAX_RELATED_MEMBERS = 100


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class RoomPresenceState(PresenceState):
    """The people who have joined the room on a socket; replaces what you knew of them.

    ``count`` includes those who are not named: visitors, and people who appear offline. ``people``
    is null while there are too many to name, above 500.
    """

    name: ClassVar[str] = "presence-state"
    example: ClassVar[Mapping[str, Any]] = {"roomId": examples.ROOM_ID, **PresenceState.example}

    room_id: Id

    def body(self, protocol: str) -> Body | None:
        # Clients of the lobby's older conversation get its roster instead.
        return None if protocol == LOBBY_PROTOCOL else PresenceState.body(self, protocol)


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class RoomPresenceDiff(PresenceDiff):
    """What has changed since the last presence event of the room; nobody is in it twice.

    ``joined`` and ``changed`` hold people as they are now, ``left`` ids. While there are too many
    to name, only ``count`` changes.
    """

    name: ClassVar[str] = "presence-diff"
    example: ClassVar[Mapping[str, Any]] = {"roomId": examples.ROOM_ID, **PresenceDiff.example}

    room_id: Id


@named_presence(ROOM_PREFIX, RoomPresenceState, RoomPresenceDiff)
def name_room(topic: str) -> dict[str, UUID]:
    return {"room_id": room_id_of(topic)}


@related_people.register
def read_room_mates(user_ids: Collection[UUID]) -> dict[UUID, set[UUID]]:
    """Return for each user the members of the same rooms, up to a size; two queries."""
    rooms: dict[UUID, list[UUID]] = {}
    memberships = Membership.objects.filter(IS_MEMBER)
    own = memberships.filter(user_id__in=user_ids, room__member_count__lte=MAX_RELATED_MEMBERS)
    for room_id, user_id in own.values_list("room_id", "user_id"):
        rooms.setdefault(room_id, []).append(user_id)
    mates: dict[UUID, set[UUID]] = {}
    if rooms:
        members: dict[UUID, set[UUID]] = {}
        for room_id, user_id in memberships.filter(room_id__in=rooms).values_list(
            "room_id", "user_id"
        ):
            members.setdefault(room_id, set()).add(user_id)
        for room_id, users in rooms.items():
            for user_id in users:
                mates.setdefault(user_id, set()).update(members[room_id])
    return mates
