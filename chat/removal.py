"""Removes the contents of deleted rooms and polls in chunks, as ``polls.removal`` does."""

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Model

from apikit.pruning import BATCH_ROWS, Batch, pruner
from chat.models import (
    Membership,
    Mention,
    Message,
    MessageEdit,
    Reaction,
    Room,
    ThreadFollow,
)

# What belongs to a message.
_PARTS: tuple[type[Model], ...] = (Reaction, Mention, ThreadFollow, MessageEdit)


def remove_room_of_poll(poll_id: UUID, limit: int) -> int:
    """Delete at most ``limit`` rows of the room of a deleted poll; return their number."""
    room_id = Room.objects.filter(poll_id=poll_id).values_list("id", flat=True).first()
    return 0 if room_id is None else remove_rows_of_room(room_id, limit)


@pruner("deleted_rooms", every=timedelta(minutes=10))
def prune_deleted_rooms(_position: str) -> Batch:
    """Delete a batch of rows of the room that was deleted first."""
    deleted = Room.objects.filter(deleted_at__isnull=False).order_by("deleted_at")
    room_id = deleted.values_list("id", flat=True).first()
    if room_id is None:
        return Batch(0, None)
    with transaction.atomic():
        return Batch(remove_rows_of_room(room_id, BATCH_ROWS), "")


def remove_rows_of_room(room_id: UUID, limit: int) -> int:
    """Delete at most ``limit`` rows of a room that nobody sees any more, the room itself last.

    The newest messages go first, so that replies go before what they reply to.
    """
    messages = Message.objects.filter(room_id=room_id).order_by("-seq")
    message_ids = list(messages.values_list("id", flat=True)[:limit])
    if message_ids:
        return _remove_parts(message_ids, limit) or _delete(Message, message_ids)
    members = Membership.objects.filter(room_id=room_id).order_by("id")
    return _delete(Membership, list(members.values_list("id", flat=True)[:limit])) or _delete(
        Room, [room_id]
    )


def _remove_parts(message_ids: list[UUID], limit: int) -> int:
    for part in _PARTS:
        rows = part._default_manager.filter(message__in=message_ids).order_by("pk")
        if count := _delete(part, list(rows.values_list("pk", flat=True)[:limit])):
            return count
    return 0


def _delete(model: type[Model], keys: list[UUID]) -> int:
    if keys:
        model._default_manager.filter(pk__in=keys).delete()
    return len(keys)
