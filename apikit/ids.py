"""Keys: UUIDs of version 7, which sort by the time they were made and can't be guessed."""

from datetime import datetime
from uuid import UUID

from uuid_utils import uuid7


def new_id() -> UUID:
    """A new UUIDv7 (RFC 9562, section 5.7)."""
    # As uuid_utils.compat has it, which takes five times as long over Python's own UUID.
    return UUID(bytes=uuid7().bytes)


def first_id_at(moment: datetime) -> UUID:
    """The smallest UUIDv7 that can be made at ``moment``: a bound on time for a primary key.

    So rows of the last hour are found by the index there is, however many rows there are.
    """
    milliseconds = int(moment.timestamp() * 1000)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | 0x2 << 62)
