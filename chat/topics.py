"""Topic names of rooms."""

from uuid import UUID

ROOM_PREFIX = "room"


def room_topic(room_id: UUID) -> str:
    """Return the topic of everything that happens in a room."""
    return f"{ROOM_PREFIX}.{room_id}"


def room_id_of(topic: str) -> UUID:
    """Return the id in a room's topic."""
    return UUID(topic.partition(".")[2])
