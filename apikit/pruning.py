"""Deletes rows that nobody needs any more, in the background or by ``manage.py prune``.

Apps register what is pruned, as functions that handle one small batch each in a transaction of its
own. So nobody waits long for a lock, memory stays flat, and it can be interrupted at any time: the
position is in the database, and any process goes on from there. One process at a time prunes a
kind of rows, for which it holds a lease.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from django.db.models import QuerySet
from django.utils import timezone
from prometheus_client import Counter

from apikit.models import PruningState
from apikit.registries import Registry

log = structlog.get_logger(__name__)

# On SQLite all other writers wait for a batch, a few milliseconds.
BATCH_ROWS = 100
# A run in the background ends after this long; the next one continues.
RUN_S = 60.0
NEXT_RUN_AFTER = timedelta(minutes=1)
# Renewed with each batch; after that, another process takes over from one that died.
LEASE = timedelta(minutes=5)

PRUNED = Counter("tallyroom_pruned_rows_total", "Rows deleted since nobody needs them", ["kind"])


@dataclass(frozen=True, slots=True)
class Batch:
    """What a batch deleted, and the position to go on from; None when there is nothing left."""

    deleted: int
    position: str | None


PruneBatch = Callable[[str], Batch]


@dataclass(frozen=True, slots=True)
class Pruner:
    """``every`` is the time between the end of a pass and the next one."""

    kind: str
    every: timedelta
    prune_batch: PruneBatch


PRUNERS: Registry[str, Pruner] = Registry("pruner")


def pruner(kind: str, *, every: timedelta) -> Callable[[PruneBatch], PruneBatch]:
    """Registers a function that prunes one batch of ``kind``.

    It gets the position that its last batch returned, and an empty one when a pass begins.
    """

    def register(function: PruneBatch) -> PruneBatch:
        PRUNERS.register(kind, Pruner(kind, every, function))
        PRUNED.labels(kind)
        return function

    return register


def delete_batch(outdated: QuerySet[Any]) -> Batch:
    """Deletes the first BATCH_ROWS of ``outdated``, which has to be ordered by an index."""
    ids = list(outdated.values_list("pk", flat=True)[:BATCH_ROWS])
    if ids:
        outdated.model._default_manager.filter(pk__in=ids).delete()
    return Batch(len(ids), "" if len(ids) == BATCH_ROWS else None)


class Run:
    """A run of one pruner, by a process that holds its lease."""

    def __init__(self, pruner: Pruner, state: PruningState) -> None:
        self.deleted = 0
        self._pruner = pruner
        self._state = state
        self._started_s = time.monotonic()

    def step(self) -> bool:
        """Prunes one batch; False when the pass is complete, or the lease was lost."""
        batch = self._pruner.prune_batch(self._state.position)
        self.deleted += batch.deleted
        PRUNED.labels(self._pruner.kind).inc(batch.deleted)
        now = timezone.now()
        if batch.position is None:
            self._save(leased_until=now, position="", next_run_at=now + self._pruner.every)
            if self.deleted:
                log.info("pruned", kind=self._pruner.kind, count=self.deleted)
            return False
        return self._save(leased_until=now + LEASE, position=batch.position)

    @property
    def is_out_of_time(self) -> bool:
        """Whether a run in the background should be interrupted."""
        return time.monotonic() - self._started_s > RUN_S

    def interrupt(self) -> None:
        """Ends the run before the pass is complete; a later one continues."""
        now = timezone.now()
        self._save(leased_until=now, next_run_at=now + NEXT_RUN_AFTER)

    def _save(self, **changes: Any) -> bool:
        """Whether the state was still ours to change."""
        held = PruningState.objects.filter(
            kind=self._pruner.kind, leased_until=self._state.leased_until
        )
        is_held = bool(held.update(**changes))
        for name, value in changes.items():
            setattr(self._state, name, value)
        return is_held


def begin_run(kind: str, *, is_due_only: bool = True) -> Run | None:
    """A run of the pruner of ``kind``; None while another process runs it, or it is not due."""
    now = timezone.now()
    PruningState.objects.get_or_create(
        kind=kind, defaults={"leased_until": now, "next_run_at": now}
    )
    free = PruningState.objects.filter(kind=kind, leased_until__lte=now)
    if is_due_only:
        free = free.filter(next_run_at__lte=now)
    # The first query spares a write where there is nothing to do.
    if not free.exists() or not free.update(leased_until=now + LEASE):
        return None
    return Run(PRUNERS[kind], PruningState.objects.get(kind=kind))
