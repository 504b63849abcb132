"""What a person may do in a room: pure functions on loaded rows, the only place of these rules.

A group room is for its members; an open one can be seen and joined by everyone. A direct room is
for the two people in it, and for nobody else, not even staff. A poll's room is for those who may
see the poll, a project's room for the project's members by their role (``workspaces.permissions``)
and for staff. The lobby is for everyone: visitors can read there, users and guests can write. Only
staff see a room that staff have hidden, and nobody one that was deleted.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from apikit.actors import Actor
from chat.errors import (
    AnnouncementOnlyError,
    BannedFromRoomError,
    MutedError,
    NotRoomMemberError,
    RoomNotFoundError,
    SlowModeError,
)
from chat.models import MemberRole, Membership, Room, RoomKind
from polls.models import Poll
from workspaces.permissions import Action, Role, allows

# Rooms that need no membership.
_ROOMS_WITHOUT_MEMBERS = {RoomKind.POLL, RoomKind.LOBBY}


@dataclass(frozen=True, slots=True)
class Access:
    """What an actor may do in a room.

    ``can_see`` covers the room itself, such as its name; ``can_read`` its messages, members and
    presence, also live. ``can_post`` leaves out what changes with time: see :func:`check_post`.
    A banned person sees the room, so that they learn why they cannot use it.
    """

    can_see: bool = False
    can_read: bool = False
    can_join: bool = False
    can_post: bool = False
    can_moderate: bool = False
    is_member: bool = False
    is_banned: bool = False


NO_ACCESS = Access()
_OF_A_MEMBER = Access(can_see=True, can_read=True, can_post=True, is_member=True)


def access_to(
    room: Room,
    membership: Membership | None,
    actor: Actor,
    *,
    poll_is_visible: bool = False,
    is_poll_owner: bool = False,
    project_role: Role | None = None,
) -> Access:
    """Return the access of ``actor``; ``membership`` is their row in this room, if there is one.

    The keywords are about the poll of a poll's room (``polls.visibility.is_visible``, and whether
    the actor may edit it), and the actor's role in the project of a project's room.
    """
    is_gone = room.deleted_at is not None or (room.hidden_at is not None and not actor.is_staff)
    may_use = allows(project_role, Action.USE_ROOM, is_staff=actor.is_staff)
    sees_subject = {RoomKind.POLL: poll_is_visible, RoomKind.PROJECT: may_use}
    if is_gone or not sees_subject.get(RoomKind(room.kind), True):
        return NO_ACCESS
    if membership is not None and membership.banned_at is not None and not actor.is_staff:
        return Access(can_see=True, is_banned=True)
    if room.kind == RoomKind.PROJECT:
        return _access_in_project(project_role, actor)
    is_member = membership is not None and membership.joined_at is not None
    if room.kind == RoomKind.DIRECT:
        return _OF_A_MEMBER if is_member else NO_ACCESS
    needs_members = room.kind not in _ROOMS_WITHOUT_MEMBERS
    is_owner = is_member and membership is not None and membership.role == MemberRole.OWNER
    if actor.is_staff or is_owner or (room.kind == RoomKind.POLL and is_poll_owner):
        return Access(
            can_see=True,
            can_read=True,
            can_join=not is_member,
            can_post=is_member or not needs_members,
            can_moderate=True,
            is_member=is_member,
        )
    return _OF_A_MEMBER if is_member else _access_without_joining(room, membership, actor)


def team_of(room: Room, poll: Poll | None) -> UUID | None:
    """Return the project whose roles decide about a room: its own, or that of its poll."""
    return room.project_id if poll is None else poll.project_id


def _access_in_project(role: Role | None, actor: Actor) -> Access:
    return Access(
        can_see=True,
        can_read=True,
        can_post=True,
        can_moderate=allows(role, Action.MODERATE_ROOM, is_staff=actor.is_staff),
        is_member=role is not None,
    )


def _access_without_joining(room: Room, membership: Membership | None, actor: Actor) -> Access:
    is_signed_in = actor.is_authenticated
    if room.kind in _ROOMS_WITHOUT_MEMBERS:
        return Access(can_see=True, can_read=True, can_join=is_signed_in, can_post=is_signed_in)
    is_invited = membership is not None and membership.invited_at is not None
    return Access(
        can_see=room.is_open or is_invited,
        can_join=is_invited or (room.is_open and is_signed_in),
    )


def check_read(access: Access) -> None:
    """Check that the messages of a room may be read.

    :raises RoomNotFoundError, BannedFromRoomError, NotRoomMemberError: if not.
    """
    if not access.can_see:
        raise RoomNotFoundError
    if access.is_banned:
        raise BannedFromRoomError
    if not access.can_read:
        raise NotRoomMemberError


def check_write(
    access: Access,
    room: Room,
    membership: Membership | None,
    now: datetime,
    *,
    is_announcement: bool = True,
) -> None:
    """Check that messages may be edited at ``now``; or only reacted to.

    :raises RoomNotFoundError, BannedFromRoomError, NotRoomMemberError: without access.
    :raises AnnouncementOnlyError, MutedError: if it is not possible at the moment.
    """
    check_read(access)
    if not access.can_post:
        raise NotRoomMemberError
    if access.can_moderate:
        return
    if is_announcement and room.is_announcement_only:
        raise AnnouncementOnlyError
    muted_until = None if membership is None else membership.muted_until
    if muted_until is not None and muted_until > now:
        raise MutedError


def check_post(access: Access, room: Room, membership: Membership | None, now: datetime) -> None:
    """Check that a message may be posted at ``now``.

    :raises ApiError: what :func:`check_write` raises.
    :raises SlowModeError: if the last message was too recent.
    """
    check_write(access, room, membership, now)
    last_posted_at = None if membership is None else membership.last_posted_at
    if access.can_moderate or not room.slow_mode_s or last_posted_at is None:
        return
    wait = last_posted_at + timedelta(seconds=room.slow_mode_s) - now
    # A clock that was set back must not extend the wait.
    if timedelta(0) < wait <= timedelta(seconds=room.slow_mode_s):
        seconds = math.ceil(wait.total_seconds())
        # Sockets have no header for it.
        raise SlowModeError(retry_after_s=seconds, extra={"retryAfterSeconds": seconds})
