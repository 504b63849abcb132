"""Who may see, read, write in and moderate a room.

Rules on loaded rows, without queries; ``chat.selectors`` has the first of them as a query
condition. ``room.poll`` must be loaded; it is None once the poll is deleted. ``membership`` is the
actor's row in the room, if there is one.

============  =======================  =========================  =====================
kind          who sees it              who reads and writes       who moderates
============  =======================  =========================  =====================
lobby         everyone                 everyone                   staff
poll          those who see the poll   those who see the poll     the poll's creator
open group    everyone                 members                    its owners
closed group  members and invitees     members                    its owners
direct        the two                  the two                    nobody
============  =======================  =========================  =====================

Visitors only read. Staff may do everything.
"""

import math
from datetime import datetime, timedelta

from apikit.actors import Actor
from chat.errors import (
    AnnouncementOnlyError,
    BannedFromRoomError,
    MutedError,
    NotRoomMemberError,
    NotRoomOwnerError,
    RoomNotFoundError,
    SlowModeError,
)
from chat.models import MemberRole, Membership, Room, RoomKind
from polls.visibility import is_visible as is_visible_poll

# Kinds of rooms in which nobody has to be a member.
PUBLIC_KINDS = frozenset({RoomKind.LOBBY, RoomKind.POLL})


def is_banned(membership: Membership | None) -> bool:
    """Return whether the person was banned from the room."""
    return membership is not None and membership.banned_at is not None


def is_member(membership: Membership | None) -> bool:
    """Return whether the person has joined the room."""
    return (
        membership is not None and membership.joined_at is not None and membership.banned_at is None
    )


def is_invited(membership: Membership | None) -> bool:
    """Return whether the person was invited and has not joined yet."""
    return (
        membership is not None
        and membership.invited_at is not None
        and membership.joined_at is None
        and membership.banned_at is None
    )


def is_muted(membership: Membership | None, now: datetime) -> bool:
    """Return whether the person was muted in the room, and still is at ``now``."""
    until = None if membership is None else membership.muted_until
    return until is not None and until > now


def is_visible(room: Room, membership: Membership | None, actor: Actor) -> bool:
    """Return whether ``actor`` may know that the room exists."""
    if room.deleted_at is not None or _has_lost_its_poll(room):
        return False
    if actor.is_staff:
        return True
    return room.hidden_at is None and _is_visible_by_kind(room, membership, actor)


def _is_visible_by_kind(room: Room, membership: Membership | None, actor: Actor) -> bool:
    if room.kind == RoomKind.POLL:
        return room.poll is not None and is_visible_poll(room.poll, actor)
    if room.kind == RoomKind.LOBBY or (room.kind == RoomKind.GROUP and room.is_open):
        return True
    return is_member(membership) or is_invited(membership)


def is_moderator(room: Room, membership: Membership | None, actor: Actor) -> bool:
    """Return whether ``actor`` may moderate the room, which they may see."""
    if actor.is_staff:
        return True
    match room.kind:
        case RoomKind.POLL:
            return room.poll is not None and actor.id == room.poll.creator_id
        case RoomKind.GROUP:
            assert membership is None or membership.user_id == actor.id
            is_owner = membership is not None and membership.role == MemberRole.OWNER
            return is_owner and is_member(membership)
        case _:
            return False


def check_sees(room: Room, membership: Membership | None, actor: Actor) -> None:
    """Check that ``actor`` may know that the room exists.

    :raises RoomNotFoundError: otherwise, as for a missing room.
    """
    if not is_visible(room, membership, actor):
        raise RoomNotFoundError


def check_may_read(room: Room, membership: Membership | None, actor: Actor) -> None:
    """Check that ``actor`` may read the messages of the room.

    :raises RoomNotFoundError: if they may not see the room.
    :raises BannedFromRoomError: if they were banned.
    :raises NotRoomMemberError: if they have to join first.
    """
    check_sees(room, membership, actor)
    if actor.is_staff:
        return
    if is_banned(membership):
        raise BannedFromRoomError
    if room.kind not in PUBLIC_KINDS and not is_member(membership):
        raise NotRoomMemberError


def may_read(room: Room, membership: Membership | None, actor: Actor) -> bool:
    """Return whether :func:`check_may_read` would pass."""
    if not is_visible(room, membership, actor):
        return False
    is_inside = room.kind in PUBLIC_KINDS or is_member(membership)
    return actor.is_staff or (is_inside and not is_banned(membership))


def check_may_post(room: Room, membership: Membership | None, actor: Actor, now: datetime) -> None:
    """Check that ``actor`` may post a message at ``now``; moderators always may.

    :raises RoomNotFoundError, BannedFromRoomError, NotRoomMemberError: see :func:`check_may_read`.
    :raises AuthenticationRequiredError: for a visitor.
    :raises MutedError, AnnouncementOnlyError, SlowModeError: if the room does not let them.
    """
    check_may_read(room, membership, actor)
    actor.signed_in_id()
    if is_moderator(room, membership, actor):
        return
    if is_muted(membership, now):
        raise MutedError
    if room.is_announcement_only:
        raise AnnouncementOnlyError
    wait_s = slow_mode_wait_s(room, membership, now)
    if wait_s:
        raise SlowModeError(retry_after_s=wait_s)


def check_moderates(room: Room, membership: Membership | None, actor: Actor) -> None:
    """Check that ``actor`` may moderate the room.

    :raises RoomNotFoundError: if they may not see the room.
    :raises NotRoomOwnerError: if they may, but do not moderate it.
    """
    check_sees(room, membership, actor)
    if not is_moderator(room, membership, actor):
        raise NotRoomOwnerError


def slow_mode_wait_s(room: Room, membership: Membership | None, now: datetime) -> int:
    """Return the seconds until the person may post again; 0 if they may."""
    if not room.slow_mode_s or membership is None or membership.last_posted_at is None:
        return 0
    ends_at = membership.last_posted_at + timedelta(seconds=room.slow_mode_s)
    return max(0, math.ceil((ends_at - now).total_seconds()))


def _has_lost_its_poll(room: Room) -> bool:
    return room.kind == RoomKind.POLL and room.poll is None
