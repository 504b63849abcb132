"""Primary keys: UUIDv7, which sort by creation time and cannot be guessed."""

from datetime import datetime
from uuid import UUID

from uuid_utils import uuid7


def new_id() -> UUID:
    """Return a new UUIDv7 (RFC 9562, section 5.7)."""
    # uuid_utils.compat does the same in five times the time, through Python's own UUID.
    return UUID(bytes=uuid7().bytes)


def first_id_at(moment: datetime) -> UUID:
    """Return the smallest UUIDv7 of ``moment``, to filter by creation time on the primary key."""
    milliseconds = int(moment.timestamp() * 1000)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | 0x2 << 62)
