"""Writes to memberships: joining, leaving, inviting, moderating members, marking as read.

Every write but the last locks the room first, so that the number of members and the owners are
decided one after another.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.errors import UserNotFoundError
from accounts.models import User
from accounts.selectors import get_user_for
from apikit.actors import Actor
from apikit.errors import ValidationFailedError
from chat.errors import (
    AlreadyMemberError,
    BannedFromRoomError,
    LastOwnerError,
    NotRoomMemberError,
    RoomKindError,
    RoomNotFoundError,
)
from chat.evictions import publish_access_change
from chat.models import MemberRole, Membership, Room, RoomKind
from chat.rooms import delete_locked_room, lock_moderated
from chat.selectors import IS_MEMBER, get_readable, get_standing
from workspaces.selectors import read_roles

# A value that may be null, and that was not sent.
UNCHANGED: Any = object()


def join_room(*, actor: Actor, room_id: UUID) -> Membership:
    """Join a room, or accept the invitation to it. Repeating it is not an error.

    The members of a project are in its room without joining it.

    :raises RoomNotFoundError: for invisible rooms as for missing ones.
    :raises BannedFromRoomError: for somebody who was banned.
    :raises RoomKindError: for staff in the room of a project that they are not in.
    """
    user_id = actor.signed_in_id()
    with transaction.atomic():
        standing = get_standing(actor, room_id, is_locked=True)
        if standing.access.is_banned:
            raise BannedFromRoomError
        is_of_project = standing.room.kind == RoomKind.PROJECT
        if is_of_project and not standing.access.is_member:
            raise RoomKindError
        membership = standing.membership or _new(standing.room, user_id)
        if membership.joined_at is None and not is_of_project:
            _admit(standing.room, membership)
    return membership


def leave_room(*, actor: Actor, room_id: UUID) -> None:
    """Leave a room, or decline the invitation to it. The last member's group is deleted.

    :raises RoomNotFoundError: for invisible rooms as for missing ones.
    :raises NotRoomMemberError: for somebody who is neither a member nor invited.
    :raises RoomKindError: for a direct room, and the room of a project.
    :raises LastOwnerError: for the only owner of a group with other members.
    """
    actor.signed_in_id()
    with transaction.atomic():
        standing = get_standing(actor, room_id, is_locked=True)
        room, membership = standing.room, standing.membership
        if room.kind in {RoomKind.DIRECT, RoomKind.PROJECT}:
            raise RoomKindError
        if standing.access.is_banned:
            raise BannedFromRoomError
        if membership is None or not (membership.joined_at or membership.invited_at):
            raise NotRoomMemberError
        _dismiss(room, membership)


def invite_user(*, actor: Actor, room_id: UUID, user_id: UUID) -> Membership:
    """Invite an account to a group room, which lifts a ban. Repeating it is not an error.

    :raises RoomNotFoundError: for invisible rooms as for missing ones.
    :raises NotRoomOwnerError: unless ``actor`` moderates the room.
    :raises RoomKindError: for a room that is not a group.
    :raises UserNotFoundError: for guests and suspended people as for missing ones.
    :raises AlreadyMemberError: for a member.
    """
    inviter_id = actor.account_id()
    with transaction.atomic():
        room = lock_moderated(actor, room_id)
        if room.kind != RoomKind.GROUP:
            raise RoomKindError
        user = get_user_for(actor, user_id)
        membership = _find(room, user.id) or _new(room, user.id)
        if membership.joined_at is not None:
            raise AlreadyMemberError
        membership.banned_at = None
        membership.invited_at = membership.invited_at or timezone.now()
        membership.invited_by_id = inviter_id
        membership.save()
    membership.user = user
    return membership


@dataclass(frozen=True, slots=True)
class MemberChange:
    """What a moderator decides about somebody; None and UNCHANGED leave it as it is.

    ``muted_until`` None lifts a mute. Lifting a ban does not make the person a member again.
    """

    role: MemberRole | None = None
    muted_until: datetime | None = UNCHANGED
    is_banned: bool | None = None


def moderate_member(
    *, actor: Actor, room_id: UUID, user_id: UUID, change: MemberChange
) -> Membership:
    """Give somebody a role, mute, ban or unban them.

    In the lobby and in polls' rooms, it is about everybody, not only those who joined; in a
    project's room, about the members of the project.

    :raises RoomNotFoundError: for invisible rooms as for missing ones.
    :raises NotRoomOwnerError: unless ``actor`` moderates the room.
    :raises UserNotFoundError: for somebody without a row in a group room, for somebody who is not
        in the project of a project's room, and for missing people.
    :raises ValidationFailedError: for muting or banning oneself.
    :raises RoomKindError: for a role in a room that has no owners.
    :raises NotRoomMemberError: for the role of somebody who has not joined.
    :raises LastOwnerError: if nobody would be an owner any more.
    """
    with transaction.atomic():
        room = lock_moderated(actor, room_id)
        _check_not_oneself(actor, user_id, change)
        membership = _find_to_moderate(room, user_id)
        if change.role is not None:
            _set_role(room, membership, change.role)
        if change.muted_until is not UNCHANGED:
            membership.muted_until = change.muted_until
        if change.is_banned is True:
            _ban(room, membership)
        elif change.is_banned is False:
            membership.banned_at = None
        membership.save()
        publish_access_change(room.id, user_id)
    return membership


def remove_member(*, actor: Actor, room_id: UUID, user_id: UUID) -> None:
    """Remove a member, or withdraw an invitation; they may join again if the room is open.

    :raises RoomNotFoundError, NotRoomOwnerError, UserNotFoundError, LastOwnerError: as in
        :func:`moderate_member`.
    :raises RoomKindError: for the room of a project.
    """
    with transaction.atomic():
        room = lock_moderated(actor, room_id)
        if room.kind == RoomKind.PROJECT:
            raise RoomKindError
        membership = _find(room, user_id)
        if membership is None or not (membership.joined_at or membership.invited_at):
            raise UserNotFoundError
        _dismiss(room, membership)


def mark_read(*, actor: Actor, room_id: UUID, seq: int) -> Membership:
    """Move the actor's read marker forward to ``seq``, at most to the newest message.

    :raises AuthenticationRequiredError: for a visitor.
    :raises RoomNotFoundError, NotRoomMemberError, BannedFromRoomError: see ``access.check_read``.
    """
    user_id = actor.signed_in_id()
    standing = get_readable(actor, room_id)
    seq = min(seq, standing.room.last_seq)
    if standing.membership is None:
        _create_row(room_id, user_id)
    # Not under a lock: a condition in the statement keeps the marker from moving backwards.
    own = Membership.objects.filter(room_id=room_id, user_id=user_id)
    own.filter(last_read_seq__lt=seq).update(last_read_seq=seq)
    return own.get()


def _create_row(room_id: UUID, user_id: UUID) -> None:
    """Create somebody's row in a room, under its lock, because the ledger does so as well."""
    with transaction.atomic():
        room = Room.objects.select_for_update().filter(id=room_id).first()
        if room is None:
            raise RoomNotFoundError
        if not Membership.objects.filter(room=room, user_id=user_id).exists():
            _new(room, user_id).save()


def _new(room: Room, user_id: UUID) -> Membership:
    return Membership(room=room, user_id=user_id, created_at=timezone.now())


def _find(room: Room, user_id: UUID) -> Membership | None:
    return Membership.objects.select_related("user").filter(room=room, user_id=user_id).first()


def _find_to_moderate(room: Room, user_id: UUID) -> Membership:
    if room.project_id is not None and not read_roles([room.project_id], [user_id]):
        raise UserNotFoundError
    membership = _find(room, user_id)
    if membership is not None:
        return membership
    user = User.objects.filter(id=user_id).first()
    if room.kind == RoomKind.GROUP or user is None:
        raise UserNotFoundError
    membership = _new(room, user_id)
    membership.user = user
    return membership


def _check_not_oneself(actor: Actor, user_id: UUID, change: MemberChange) -> None:
    if user_id != actor.id:
        return
    message = "You cannot do this to yourself."
    if change.is_banned:
        raise ValidationFailedError.of("isBanned", message)
    if change.muted_until is not UNCHANGED and change.muted_until is not None:
        raise ValidationFailedError.of("mutedUntil", message)


def _admit(room: Room, membership: Membership) -> None:
    """Make somebody a member; what was written before counts as read."""
    membership.joined_at = timezone.now()
    membership.invited_at = None
    membership.last_read_seq = max(membership.last_read_seq, room.last_seq)
    membership.save()
    _count_members(room, +1)


def _dismiss(room: Room, membership: Membership) -> None:
    """Take away a membership or invitation; a mute stays, or leaving would lift it."""
    was_member = membership.joined_at is not None
    if was_member:
        _check_leaves_an_owner(room, membership)
    membership.joined_at = membership.invited_at = None
    membership.role = MemberRole.MEMBER
    membership.save()
    if was_member:
        _count_members(room, -1)
        if room.kind == RoomKind.GROUP and room.member_count == 0:
            delete_locked_room(room)
    publish_access_change(room.id, membership.user_id)


def _ban(room: Room, membership: Membership) -> None:
    if membership.joined_at is not None:
        _check_leaves_an_owner(room, membership)
        _count_members(room, -1)
    membership.joined_at = membership.invited_at = None
    membership.role = MemberRole.MEMBER
    membership.banned_at = membership.banned_at or timezone.now()


def _set_role(room: Room, membership: Membership, role: MemberRole) -> None:
    if room.kind != RoomKind.GROUP:
        raise RoomKindError
    if membership.joined_at is None:
        raise NotRoomMemberError("This person has not joined the room.")
    if role == MemberRole.MEMBER:
        _check_leaves_an_owner(room, membership)
    membership.role = role


def _check_leaves_an_owner(room: Room, membership: Membership) -> None:
    """Check that a group keeps an owner without ``membership``, unless nobody is left."""
    if room.kind != RoomKind.GROUP or membership.role != MemberRole.OWNER:
        return
    others = Membership.objects.filter(IS_MEMBER, room=room).exclude(id=membership.id)
    if others.exists() and not others.filter(role=MemberRole.OWNER).exists():
        raise LastOwnerError


def _count_members(room: Room, change: int) -> None:
    room.member_count += change
    room.save(update_fields=["member_count"])
