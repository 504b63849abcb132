"""Unsubscribes sockets from rooms that their users may not read any more."""

from functools import partial
from uuid import UUID

from django.db import transaction

from chat.events import RoomAccessChanged
from chat.topics import room_topic
from realtime import publish


def publish_access_change(room_id: UUID, user_id: UUID | None = None) -> None:
    """Publish after the commit that a person's access to a room has changed; None: everybody's."""
    user_ids = None if user_id is None else frozenset({user_id})
    changed = RoomAccessChanged(room_id=room_id, user_ids=user_ids)
    transaction.on_commit(partial(publish, room_topic(room_id), changed))
