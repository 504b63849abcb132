"""Removes the contents of deleted polls in chunks.

Each chunk is a transaction that locks only the rows it deletes, so nothing waits for it, and memory
stays flat. The remaining work is in the database, so any process can continue after a restart.
"""

from collections.abc import Collection
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.db.models.expressions import Combinable
from django.utils import timezone

from apikit.registries import Hook
from polls.models import Option, Poll, PollRemoval

# On SQLite, a chunk blocks all other writers for a few milliseconds.
CHUNK_ROWS = 200

# Apps above delete their rows of a deleted poll: (poll_id, limit) deletes at most ``limit`` rows
# and returns how many it deleted; 0 when none are left.
poll_contents: Hook[[UUID, int], int] = Hook()


def delete_locked_polls(polls: Collection[Poll]) -> None:
    """Delete locked polls, leaving their contents to :func:`remove_chunk`.

    The number of queries does not depend on how many they are, nor on their votes.
    """
    now = timezone.now()
    PollRemoval.objects.bulk_create(
        [PollRemoval(poll_id=poll.id, deleted_at=now) for poll in polls]
    )
    Poll.objects.filter(id__any_of=[poll.id for poll in polls]).delete()


def remove_chunk() -> bool:
    """Remove one chunk of a deleted poll; return False if there is nothing to do.

    Several processes may call it concurrently; each skips polls that another has locked.
    """
    skips_locked = connection.features.has_select_for_update_skip_locked
    with transaction.atomic():
        # Those of unfinished imports are due later, see polls.archive_imports.
        due = PollRemoval.objects.filter(deleted_at__lte=timezone.now())
        removal = due.select_for_update(skip_locked=skips_locked).first()
        if removal is None:
            return False
        if not any(remove(removal.poll_id, CHUNK_ROWS) for remove in poll_contents):
            # Last, because votes refer to them.
            Option.objects.filter(poll_id=removal.poll_id).delete()
            removal.delete()
    return True


def has_standing_poll() -> Combinable:
    """Match rows with a ``poll_id`` whose poll is not deleted."""
    return ~Exists(PollRemoval.objects.filter(poll_id=OuterRef("poll_id")))
