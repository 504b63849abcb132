"""Deletes expired rows in small batches, in the background or with ``manage.py prune``.

Apps register functions that delete one batch in a transaction of its own. So locks are short,
memory stays flat, and pruning can stop at any time: the position is in the database, and any
process can continue. A process holds a lease on the kind of rows that it prunes.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db.models import QuerySet
from django.utils import timezone
from prometheus_client import Counter

from apikit.models import PruningState
from apikit.registries import Registry

log = structlog.get_logger(__name__)

# On SQLite, a batch blocks all other writers for a few milliseconds.
BATCH_ROWS = 100
# A background run is interrupted after this long; the next one continues.
RUN_S = 60.0
NEXT_RUN_AFTER = timedelta(minutes=1)
# Renewed with each batch; when it expires, another process takes over.
LEASE = timedelta(minutes=5)

PRUNED = Counter("tallyroom_pruned_rows_total", "Expired rows deleted", ["kind"])


@dataclass(frozen=True, slots=True)
class Batch:
    """The number of deleted rows, and the next position; None at the end of the pass."""

    deleted: int
    position: str | None


PruneBatch = Callable[[str], Batch]


@dataclass(frozen=True, slots=True)
class Pruner:
    """A registered pruner; ``every`` is the time between the end of a pass and the next one."""

    kind: str
    every: timedelta
    prune_batch: PruneBatch


PRUNERS: Registry[str, Pruner] = Registry("pruner")


def pruner(kind: str, *, every: timedelta) -> Callable[[PruneBatch], PruneBatch]:
    """Register a function that prunes one batch of ``kind``.

    It gets the position that its last batch returned; "" at the beginning of a pass.
    """

    def register(function: PruneBatch) -> PruneBatch:
        PRUNERS.register(kind, Pruner(kind, every, function))
        PRUNED.labels(kind)
        return function

    return register


def delete_batch(outdated: QuerySet[Any]) -> Batch:
    """Delete the first BATCH_ROWS of ``outdated``, which must be ordered by an index."""
    ids = list(outdated.values_list("pk", flat=True)[:BATCH_ROWS])
    if ids:
        outdated.model._default_manager.filter(pk__in=ids).delete()
    return Batch(len(ids), "" if len(ids) == BATCH_ROWS else None)


class Run:
    """A run of one pruner by the process that holds its lease."""

    def __init__(self, pruner: Pruner, state: PruningState) -> None:
        self.deleted = 0
        self._pruner = pruner
        self._state = state
        self._started_s = time.monotonic()

    def step(self) -> bool:
        """Prune one batch; return False if the pass is complete or the lease was lost."""
        batch = self._pruner.prune_batch(self._state.position)
        self.deleted += batch.deleted
        PRUNED.labels(self._pruner.kind).inc(batch.deleted)
        now = timezone.now()
        if batch.position is None:
            self._end(now, now + self._pruner.every, position="")
            if self.deleted:
                log.info("pruned", kind=self._pruner.kind, count=self.deleted)
            return False
        return self._save(leased_until=now + LEASE, position=batch.position)

    @property
    def is_out_of_time(self) -> bool:
        """Whether a background run should be interrupted."""
        return time.monotonic() - self._started_s > RUN_S

    def interrupt(self) -> None:
        """End the run before the pass is complete; a later run continues."""
        now = timezone.now()
        self._end(now, now + NEXT_RUN_AFTER)

    def _end(self, now: datetime, next_run_at: datetime, **changes: Any) -> None:
        """Give the lease back."""
        self._save(
            leased_until=now,
            next_run_at=next_run_at,
            last_run_at=now,
            last_count=self.deleted,
            **changes,
        )

    def _save(self, **changes: Any) -> bool:
        """Save the state; return False if another process has taken over."""
        held = PruningState.objects.filter(
            kind=self._pruner.kind, leased_until=self._state.leased_until
        )
        is_held = bool(held.update(**changes))
        for name, value in changes.items():
            setattr(self._state, name, value)
        return is_held


def begin_run(kind: str, *, is_due_only: bool = True) -> Run | None:
    """Start a run; return None if another process has the lease, or none is due."""
    now = timezone.now()
    PruningState.objects.get_or_create(
        kind=kind, defaults={"leased_until": now, "next_run_at": now}
    )
    free = PruningState.objects.filter(kind=kind, leased_until__lte=now)
    if is_due_only:
        free = free.filter(next_run_at__lte=now)
    # The query avoids a write if there is nothing to do.
    if not free.exists() or not free.update(leased_until=now + LEASE):
        return None
    return Run(PRUNERS[kind], PruningState.objects.get(kind=kind))


def make_due(kind: str) -> None:
    """Let a server prune ``kind`` within a minute, whatever its next time is."""
    now = timezone.now()
    PruningState.objects.update_or_create(
        kind=kind,
        defaults={"next_run_at": now},
        create_defaults={"next_run_at": now, "leased_until": now},
    )
