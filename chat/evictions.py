"""Unsubscribes sockets from rooms that their users may not read any more."""

from functools import partial
from uuid import UUID

from django.db import transaction


def publish_access_change(room_id: UUID, user_id: UUID | None = None) -> None:
    """Publish after the commit that a person's access to a room has changed; None: everybody's."""
    transaction.on_commit(partial(_publish, room_id, user_id))


def _publish(room_id: UUID, user_id: UUID | None) -> None: ...
