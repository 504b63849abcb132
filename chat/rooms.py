"""Writes to rooms: creating them, on first use too, their settings, hiding and deleting them.

Every write locks the room first, as the ledger of messages does.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.errors import UserNotFoundError
from accounts.selectors import get_user_for
from apikit.actors import Actor
from apikit.errors import FieldError, ForbiddenError, ValidationFailedError
from apikit.text import has_control_characters, is_invisible, normalized
from chat.errors import NotRoomOwnerError, RoomKindError, RoomNotFoundError
from chat.evictions import publish_access_change
from chat.models import (
    ROOM_NAME_MAX_CHARS,
    SLOW_MODE_MAX_S,
    MemberRole,
    Membership,
    Room,
    RoomKind,
)
from chat.selectors import get_standing
from polls.errors import PollNotFoundError
from polls.models import Poll
from polls.selectors import get_poll_for

# Far beyond what can be stored, and short enough to normalize quickly.
_INPUT_MAX_CHARS = 1_000
MAX_INVITED_AT_ONCE = 50


def create_room(
    *, actor: Actor, name: str, is_open: bool = False, invited_ids: Sequence[UUID] = ()
) -> Room:
    """Create a group room with ``actor`` as its owner, and invite others.

    :raises AuthenticationRequiredError, GuestRefusedError: for visitors and guests.
    :raises ValidationFailedError: for an invalid name, and for people who cannot be found.
    """
    now, owner_id = timezone.now(), actor.account_id()
    room = Room(
        kind=RoomKind.GROUP,
        name=check_room_name(name),
        is_open=is_open,
        creator_id=owner_id,
        member_count=1,
        created_at=now,
        updated_at=now,
    )
    guests = _find_invited(actor, invited_ids)
    owner = Membership(
        room=room, user_id=owner_id, role=MemberRole.OWNER, joined_at=now, created_at=now
    )
    invited = [
        Membership(
            room=room, user_id=user_id, invited_by_id=owner_id, invited_at=now, created_at=now
        )
        for user_id in guests
    ]
    with transaction.atomic():
        room.save(force_insert=True)
        Membership.objects.bulk_create([owner, *invited])
    return room


def open_direct_room(*, actor: Actor, user_id: UUID) -> tuple[Room, bool]:
    """Return the direct room of ``actor`` and another account; whether it is new.

    Guests have no direct rooms: their messages would be lost with their device.

    :raises AuthenticationRequiredError, GuestRefusedError: for visitors and guests.
    :raises UserNotFoundError: for guests and suspended people as for missing ones.
    :raises ValidationFailedError: for the actor's own id.
    """
    own_id = actor.account_id()
    if user_id == own_id:
        raise ValidationFailedError.of("userId", "Must be somebody else.")
    other = get_user_for(actor, user_id)
    key = ":".join(sorted([str(own_id), str(other.id)]))
    return find_or_create(
        partial(Room.objects.filter(direct_key=key).first),
        partial(_create_direct_room, key, [own_id, other.id]),
    )


def open_poll_room(*, actor: Actor, poll_id: UUID) -> Room:
    """Return the room of a poll that ``actor`` may see, created on first use.

    :raises PollNotFoundError: for invisible polls as for missing ones.
    :raises RoomNotFoundError: if staff have hidden the room.
    """
    poll = get_poll_for(actor, poll_id)
    room, _ = find_or_create(
        partial(Room.objects.filter(poll_id=poll.id).first), partial(_create_poll_room, poll.id)
    )
    return get_standing(actor, room.id).room


def open_lobby() -> Room:
    """Return the lobby, created on first use."""
    lobby, _ = find_or_create(
        partial(Room.objects.filter(kind=RoomKind.LOBBY).first),
        partial(create, kind=RoomKind.LOBBY, name="Lobby"),
    )
    return lobby


def update_room(
    *,
    actor: Actor,
    room_id: UUID,
    name: str | None = None,
    is_open: bool | None = None,
    is_announcement_only: bool | None = None,
    slow_mode_s: int | None = None,
) -> Room:
    """Change the settings that are not None.

    ``slow_mode_s`` is the number of seconds between two messages of a person; 0 turns it off.

    :raises RoomNotFoundError: for invisible rooms as for missing ones.
    :raises NotRoomOwnerError: unless ``actor`` moderates the room.
    :raises RoomKindError: for the name or the openness of a room that is not a group.
    :raises ValidationFailedError: for an invalid value.
    """
    changes: dict[str, Any] = {
        "name": None if name is None else check_room_name(name),
        "is_open": is_open,
        "is_announcement_only": is_announcement_only,
        "slow_mode_s": slow_mode_s,
    }
    changes = {field: value for field, value in changes.items() if value is not None}
    if slow_mode_s is not None and not 0 <= slow_mode_s <= SLOW_MODE_MAX_S:
        raise ValidationFailedError.of("slowModeSeconds", f"Must be 0 to {SLOW_MODE_MAX_S}.")
    with transaction.atomic():
        room = lock_moderated(actor, room_id)
        if room.kind != RoomKind.GROUP and {"name", "is_open"} & set(changes):
            raise RoomKindError
        for field, value in changes.items():
            setattr(room, field, value)
        room.updated_at = timezone.now()
        room.save(update_fields=[*changes, "updated_at"])
    return room


def delete_room(*, actor: Actor, room_id: UUID) -> None:
    """Delete a group room in constant time; its contents are removed in the background.

    :raises RoomNotFoundError: for invisible rooms as for missing ones.
    :raises NotRoomOwnerError: unless ``actor`` is an owner or staff.
    :raises RoomKindError: for a room of another kind.
    """
    with transaction.atomic():
        room = lock_moderated(actor, room_id)
        if room.kind != RoomKind.GROUP:
            raise RoomKindError
        delete_locked_room(room)


def delete_locked_room(room: Room) -> None:
    """Mark a locked room as deleted, so that nobody sees it any more."""
    room.deleted_at = timezone.now()
    room.save(update_fields=["deleted_at"])
    publish_access_change(room.id)


def hide_room(*, actor: Actor, room_id: UUID, reason: str) -> Room:
    """Hide a room from everyone but staff, who alone can read ``reason``.

    :raises ForbiddenError: unless ``actor`` is staff.
    """
    with transaction.atomic():
        room = _lock_for_staff(actor, room_id)
        room.hidden_at = room.hidden_at or timezone.now()
        room.hidden_reason = reason
        room.save(update_fields=["hidden_at", "hidden_reason"])
        publish_access_change(room.id)
    return room


def restore_room(*, actor: Actor, room_id: UUID) -> Room:
    """Undo :func:`hide_room`.

    :raises ForbiddenError: unless ``actor`` is staff.
    """
    with transaction.atomic():
        room = _lock_for_staff(actor, room_id)
        room.hidden_at, room.hidden_reason = None, ""
        room.save(update_fields=["hidden_at", "hidden_reason"])
    return room


def check_room_name(text: str) -> str:
    """Return a normalized name of a room.

    :raises ValidationFailedError: for a name that is too long, invisible, or has control
        characters.
    """
    name = normalized(text[:_INPUT_MAX_CHARS])
    if len(name) > ROOM_NAME_MAX_CHARS:
        message = f"Ensure this field has no more than {ROOM_NAME_MAX_CHARS} characters."
        raise ValidationFailedError.of("name", message)
    if is_invisible(name):
        raise ValidationFailedError.of("name", "This field may not be blank.")
    if has_control_characters(name):
        raise ValidationFailedError.of("name", "Control characters are not allowed.")
    return name


def lock_moderated(actor: Actor, room_id: UUID) -> Room:
    """Return a room that ``actor`` moderates, locked until the end of the transaction.

    :raises RoomNotFoundError: for invisible rooms as for missing ones.
    :raises NotRoomOwnerError: unless they moderate it.
    """
    actor.signed_in_id()
    standing = get_standing(actor, room_id, is_locked=True)
    if not standing.access.can_moderate:
        raise NotRoomOwnerError
    return standing.room


def _find_invited(actor: Actor, user_ids: Sequence[UUID]) -> list[UUID]:
    """Check that the people can be found; returns each of them once, without the actor."""
    found, errors = [], []
    for index, user_id in enumerate(dict.fromkeys(user_ids)):
        try:
            found.append(get_user_for(actor, user_id).id)
        except UserNotFoundError as error:
            errors.append(FieldError(f"invitedIds.{index}", error.message))
    if errors:
        raise ValidationFailedError(errors=errors)
    return [user_id for user_id in found if user_id != actor.id]


def find_or_create(
    find: Callable[[], Room | None], create: Callable[[], Room]
) -> tuple[Room, bool]:
    """Return a room that exists once, and whether it is new.

    A constraint lets one of concurrent first uses create it.
    """
    room = find()
    if room is not None:
        return room, False
    try:
        with transaction.atomic():
            return create(), True
    except IntegrityError:
        room = find()
        if room is None:
            raise
        return room, False


def create(**fields: Any) -> Room:
    """Create a room without members."""
    now = timezone.now()
    room = Room(created_at=now, updated_at=now, **fields)
    room.save(force_insert=True)
    return room


def _create_direct_room(key: str, user_ids: Sequence[UUID]) -> Room:
    room = create(
        kind=RoomKind.DIRECT, direct_key=key, creator_id=user_ids[0], member_count=len(user_ids)
    )
    Membership.objects.bulk_create(
        Membership(
            room=room, user_id=user_id, joined_at=room.created_at, created_at=room.created_at
        )
        for user_id in user_ids
    )
    return room


def _create_poll_room(poll_id: UUID) -> Room:
    # The lock keeps the poll from being deleted meanwhile, which would leave the room behind.
    if not Poll.objects.select_for_update(no_key=True).filter(id=poll_id).exists():
        raise PollNotFoundError
    return create(kind=RoomKind.POLL, poll_id=poll_id)


def _lock_for_staff(actor: Actor, room_id: UUID) -> Room:
    if not actor.is_staff:
        raise ForbiddenError
    room = Room.objects.select_for_update().filter(id=room_id, deleted_at=None).first()
    if room is None:
        raise RoomNotFoundError
    return room
