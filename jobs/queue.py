"""Reads of the queue: which jobs are due, and how long it is."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Min
from django.db.models.functions import Now
from django.utils import timezone

from jobs.metrics import JOBS, OLDEST
from jobs.models import Job, JobState
from jobs.registry import TASKS


def due_jobs(limit: int, full_types: Collection[str] = ()) -> list[tuple[UUID, UUID | None, str]]:
    """Return (id, owner, type) of the jobs that could run now, the longest due first; two queries.

    Without those whose owner has as many running jobs as allowed, those of ``full_types``, and
    those of types that this process does not know, which a newer version may have created.
    """
    full = (
        Job.objects.filter(state=JobState.RUNNING, owner__isnull=False)
        .order_by()
        .values("owner")
        .annotate(running=Count("id"))
        .filter(running__gte=settings.JOBS_RUNNING_PER_OWNER)
    )
    owners = list(full.values_list("owner", flat=True))
    types = [name for name in TASKS if name not in full_types]
    due = Job.objects.filter(state=JobState.QUEUED, run_at__lte=Now(), type__in=types)
    # Two filters: `NOT IN` is never true for NULL.
    if owners:
        due = due.filter(owner=None) | due.exclude(owner__in=owners).filter(owner__isnull=False)
    return list(due.order_by("run_at").values_list("id", "owner_id", "type")[:limit])


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
