"""Reads of the queue: which jobs are due, and how long it is."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Min
from django.db.models.functions import Now
from django.utils import timezone

from jobs.metrics import JOBS, OLDEST
from jobs.models import Job, JobState, seconds_from_now
from jobs.registry import TASKS, Task


class DueJob(NamedTuple):
    """A job that a worker may take."""

    id: UUID
    owner_id: UUID | None
    type: str


def due_jobs(limit: int, full_types: Collection[str] = ()) -> list[DueJob]:
    """Return the jobs that could run now, the longest due first; two queries.

    Without those of owners and types of which as many run as allowed, those of ``full_types``, and
    those of types that this process does not know, which a newer version may have created.
    """
    owners, types = _count_running()
    full = [owner for owner, count in owners.items() if count >= settings.JOBS_RUNNING_PER_OWNER]
    open_types = [
        name
        for name, task in TASKS.items()
        if name not in full_types and not _is_full(task, types[name])
    ]
    due = Job.objects.filter(state=JobState.QUEUED, run_at__lte=Now(), type__in=open_types)
    # Two filters: `NOT IN` is never true for NULL.
    if full:
        due = due.filter(owner=None) | due.exclude(owner__in=full).filter(owner__isnull=False)
    rows = due.order_by("run_at").values_list("id", "owner_id", "type")[:limit]
    return [DueJob(*row) for row in rows]


class ChangedJob(NamedTuple):
    """A job that has changed, and who may see it."""

    id: UUID
    revision: int
    owner_id: UUID | None
    project_id: UUID | None


def read_changed(since_s: float) -> list[ChangedJob]:
    """Return the jobs that have changed in the last ``since_s`` seconds; one query."""
    changed = Job.objects.filter(changed_at__gte=seconds_from_now(-since_s)).order_by()
    rows = changed.values_list("id", "revision", "owner_id", "project_id")
    return [ChangedJob(*row) for row in rows]


def _count_running() -> tuple[Counter[UUID], Counter[str]]:
    """Count the running jobs of owners and types; one query."""
    owners: Counter[UUID] = Counter()
    types: Counter[str] = Counter()
    running = Job.objects.filter(state=JobState.RUNNING).order_by()
    for owner_id, type_ in running.values_list("owner_id", "type"):
        types[type_] += 1
        if owner_id is not None:
            owners[owner_id] += 1
    return owners, types


def _is_full(task: Task, running: int) -> bool:
    return task.max_running is not None and running >= task.max_running()


@dataclass(frozen=True, slots=True)
class QueueState:
    """How many jobs wait and run, and how long the oldest due one has waited."""

    queued: int
    running: int
    oldest_s: float


def measure_queue() -> None:
    """Set the metrics of the queue."""
    queue = read_queue()
    JOBS.labels(JobState.QUEUED.value).set(queue.queued)
    JOBS.labels(JobState.RUNNING.value).set(queue.running)
    OLDEST.set(queue.oldest_s)


def read_queue() -> QueueState:
    """Return the state of the queue; two queries on partial indexes."""
    due = Job.objects.filter(state=JobState.QUEUED).aggregate(
        count=Count("id"), oldest=Min("run_at")
    )
    running = Job.objects.filter(state=JobState.RUNNING).count()
    oldest_s = (timezone.now() - due["oldest"]).total_seconds() if due["oldest"] else 0.0
    return QueueState(due["count"], running, max(0.0, oldest_s))
