"""Removes the contents of deleted polls in chunks.

Each chunk is a transaction that locks only the rows it deletes, so nothing waits for it, and memory
stays flat. The remaining work is in the database, so any process can continue after a restart.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, F, Min, OuterRef, Sum
from django.db.models.expressions import Combinable
from django.utils import timezone

from apikit.actors import Actor
from apikit.pruning import Batch, delete_batch, pruner
from apikit.recurring import record_run, recurring
from apikit.registries import Hook, Provider
from polls.models import Cell, HostDecision, Option, Poll, PollRemoval, Suggestion
from polls.pictures import delete_unused

REMOVALS = "deleted_polls"
# On SQLite, a chunk blocks all other writers for a few milliseconds.
CHUNK_ROWS = 200
# The pause after a chunk, as a multiple of the time it took: most of the database's time is for
# votes.
PAUSE_FACTOR = 2.0
# Finished removals, so that jobs that wait for one see that it is done.
KEPT_FOR = timedelta(days=7)


def _remove_nothing(poll_id: UUID, limit: int) -> int:
    return 0


# Apps above delete their rows of a deleted poll: (poll_id, limit) deletes at most ``limit`` rows
# and returns how many it deleted; 0 when none are left. Votes go first, and are the progress.
poll_votes: Provider[[UUID, int], int] = Provider(_remove_nothing)
poll_contents: Hook[[UUID, int], int] = Hook()


def delete_locked_polls(polls: Collection[Poll], actor: Actor | None) -> None:
    """Delete locked polls, leaving their contents to :func:`remove_chunk`.

    The number of queries does not depend on how many they are, nor on their votes.
    """
    now = timezone.now()
    ids = [poll.id for poll in polls]
    options = Option.with_removed.filter(poll_id__any_of=ids).order_by().values("poll_id")
    vote_counts = dict(options.annotate(sum=Sum("vote_count")).values_list("poll_id", "sum"))
    PollRemoval.objects.bulk_create(
        PollRemoval(
            poll_id=poll_id,
            deleted_at=now,
            deleted_by_id=actor.id if actor else None,
            vote_count=vote_counts.get(poll_id, 0),
        )
        for poll_id in ids
    )
    Poll.objects.filter(id__any_of=ids).delete()
    delete_unused({poll.picture_id for poll in polls if poll.picture_id is not None})


def remove_chunk(poll_id: UUID | None = None) -> bool:
    """Remove one chunk of a deleted poll; return False if there is nothing to do.

    By default of that which was deleted first. Several processes may call it concurrently; each
    skips polls that another has locked.
    """
    skips_locked = connection.features.has_select_for_update_skip_locked
    left = PollRemoval.objects.filter(finished_at=None)
    if poll_id is not None:
        left = left.filter(poll_id=poll_id)
    with transaction.atomic():
        # Those of unfinished imports are due later, see polls.archive_imports.
        due = left.filter(deleted_at__lte=timezone.now())
        removal = due.select_for_update(skip_locked=skips_locked).first()
        if removal is None:
            return False
        is_finished = not _remove(removal)
    if is_finished:
        record_run(REMOVALS, 1)
    return True


def _remove(removal: PollRemoval) -> bool:
    """Remove one chunk of a locked removal; return False if it was the last one."""
    own = PollRemoval.objects.filter(poll_id=removal.poll_id)
    if count := poll_votes(removal.poll_id, CHUNK_ROWS):
        own.update(removed_count=F("removed_count") + count)
        return True
    if any(remove(removal.poll_id, CHUNK_ROWS) for remove in poll_contents):
        return True
    for model in (Cell, Suggestion, HostDecision):
        model.objects.filter(poll_id=removal.poll_id).delete()
    # Last, because votes refer to them.
    options = Option.with_removed.filter(poll_id=removal.poll_id)
    pictures = set(options.exclude(picture=None).values_list("picture_id", flat=True))
    options.delete()
    delete_unused(pictures)
    own.update(finished_at=timezone.now())
    return False


def has_standing_poll() -> Combinable:
    """Match rows with a ``poll_id`` whose poll is not deleted."""
    return ~Exists(PollRemoval.objects.filter(poll_id=OuterRef("poll_id")))


@recurring(REMOVALS, "removes the votes of deleted polls, in chunks")
def oldest_removal() -> datetime | None:
    """Return since when there is something to remove."""
    left = PollRemoval.objects.filter(finished_at=None, deleted_at__lte=timezone.now())
    first: datetime | None = left.aggregate(first=Min("deleted_at"))["first"]
    return first


@pruner("removals", every=timedelta(days=1))
def prune_removals(_position: str) -> Batch:
    """Delete one batch of finished removals."""
    old = PollRemoval.objects.filter(finished_at__lt=timezone.now() - KEPT_FOR)
    return delete_batch(old.order_by("finished_at"))
