"""Removes the contents of deleted polls, a little at a time.

Each chunk is a transaction of its own that locks nothing but the rows it deletes, so nobody waits
for it, and memory stays flat however many votes there were. What is left to do is in the database:
after a restart any process goes on with it.
"""

from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.db.models.expressions import Combinable
from django.utils import timezone

from apikit.registries import Hook
from polls.models import Option, Poll, PollRemoval

# On SQLite a chunk keeps all other writers waiting, for a few milliseconds.
CHUNK_ROWS = 200

# Apps above delete their rows of a deleted poll: (poll_id, limit) deletes at most ``limit`` rows
# and returns how many it deleted; 0 when none are left.
poll_contents: Hook[[UUID, int], int] = Hook()


def delete_locked_poll(poll: Poll) -> None:
    """Deletes a locked poll in constant time, and leaves its contents to :func:`remove_chunk`."""
    PollRemoval.objects.create(poll_id=poll.id, deleted_at=timezone.now())
    poll.delete()


def remove_chunk() -> bool:
    """Removes one chunk of the contents of one deleted poll; False when there is nothing to do.

    Several processes may call it: each takes a poll that no other is busy with.
    """
    skips_locked = connection.features.has_select_for_update_skip_locked
    with transaction.atomic():
        removal = PollRemoval.objects.select_for_update(skip_locked=skips_locked).first()
        if removal is None:
            return False
        if not any(remove(removal.poll_id, CHUNK_ROWS) for remove in poll_contents):
            # The last to go, since votes refer to them.
            Option.objects.filter(poll_id=removal.poll_id).delete()
            removal.delete()
    return True


def has_standing_poll() -> Combinable:
    """Whether the poll of a row with a ``poll_id`` has not been deleted, for queries."""
    return ~Exists(PollRemoval.objects.filter(poll_id=OuterRef("poll_id")))
