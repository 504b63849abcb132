"""Changes of a job's state: the only place that writes it.

Each is a conditional update, so that of two processes only one succeeds, and a worker that lost its
job changes nothing. All return whether the row was changed.
"""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from apikit.errors import ApiError, shortened
from jobs.errors import WorkerLostError
from jobs.models import (
    ERROR_MESSAGE_MAX_CHARS,
    PROGRESS_MESSAGE_MAX_CHARS,
    UNFINISHED,
    Job,
    JobState,
    seconds_from_now,
)
from jobs.queue import DueJob
from jobs.registry import TASKS

# How long a worker may be silent before its jobs are given to others.
LEASE_S = 6.0

_RELEASED: dict[str, Any] = {"worker": "", "leased_until": None, "slot": None, "type_slot": None}


def take(due: DueJob, worker: str) -> Job | None:
    """Make a queued job run in ``worker``.

    Returns None if another worker was faster, or as many jobs of the owner or of the type run as
    allowed.
    """
    try:
        with transaction.atomic():
            slots = _free_slots(due)
            if slots is None:
                return None
            queued = Job.objects.filter(id=due.id, state=JobState.QUEUED, run_at__lte=Now())
            is_taken = _change(
                queued,
                state=JobState.RUNNING,
                worker=worker,
                leased_until=seconds_from_now(LEASE_S),
                attempts=F("attempts") + 1,
                progress=0,
                progress_message="",
                started_at=Now(),
                **slots,
            )
    except IntegrityError:
        # Another worker took a slot; the next sweep tries again.
        return None
    return Job.objects.filter(id=due.id, worker=worker).first() if is_taken else None


def _free_slots(due: DueJob) -> dict[str, int] | None:
    """Return a free slot of the owner and one of the type, where there is a limit; None if full.

    Two workers may choose the same: the constraints let one of them have it.
    """
    running = Job.objects.filter(state=JobState.RUNNING)
    max_running = TASKS[due.type].max_running
    limits = {
        "slot": (running.filter(owner=due.owner_id), _owner_limit(due.owner_id)),
        "type_slot": (running.filter(type=due.type), max_running() if max_running else None),
    }
    slots = {}
    for name, (others, limit) in limits.items():
        if limit is not None:
            used = set(others.values_list(name, flat=True))
            free = next((slot for slot in range(limit) if slot not in used), None)
            if free is None:
                return None
            slots[name] = free
    return slots


def _owner_limit(owner_id: UUID | None) -> int | None:
    return None if owner_id is None else settings.JOBS_RUNNING_PER_OWNER


def held_by(job_id: UUID, worker: str) -> QuerySet[Job]:
    """Return the job if ``worker`` still holds it."""
    return Job.objects.filter(id=job_id, worker=worker, state=JobState.RUNNING)


def renew(held: dict[UUID, str]) -> set[UUID]:
    """Renew the leases of these jobs, by worker; return those that are lost. One or two queries."""
    ours = Job.objects.filter(
        id__in=held, worker__in=held.values(), state=JobState.RUNNING
    ).order_by()
    if ours.update(leased_until=seconds_from_now(LEASE_S)) == len(held):
        return set()
    return set(held) - set(ours.values_list("id", flat=True))


def show_progress(job_id: UUID, worker: str, percent: int, message: str) -> bool:
    return _change(
        held_by(job_id, worker),
        progress=percent,
        progress_message=shortened(message.replace("\0", ""), PROGRESS_MESSAGE_MAX_CHARS),
    )


def succeed(job_id: UUID, worker: str, result: dict[str, Any] | None) -> bool:
    return _finish(
        held_by(job_id, worker),
        JobState.SUCCEEDED,
        progress=100,
        progress_message="",
        result=result,
    )


def fail(job_id: UUID, worker: str, error: ApiError) -> bool:
    return _finish(held_by(job_id, worker), JobState.FAILED, **_described(error))


def requeue(job_id: UUID, worker: str, pause_s: float, error: ApiError) -> bool:
    """Queue a job again after a failed attempt; the error says why."""
    return _queue(held_by(job_id, worker), run_at=seconds_from_now(pause_s), **_described(error))


def give_back(job_id: UUID, worker: str) -> bool:
    """Queue a job again whose worker stops; the attempt does not count."""
    return _queue(held_by(job_id, worker), run_at=Now(), attempts=F("attempts") - 1)


def disown(job_id: UUID, worker: str, payload: dict[str, Any]) -> bool:
    """Make a running job one of the site, which outlives its owner; it loses its key and slot."""
    job = held_by(job_id, worker)
    return bool(job.update(owner=None, key=None, slot=None, payload=payload))


def cancel(job_id: UUID) -> bool:
    """Cancel a queued or running job. Its worker notices when it renews the lease."""
    return _finish(Job.objects.filter(id=job_id, state__in=UNFINISHED), JobState.CANCELLED)


def restart(job_id: UUID) -> bool:
    """Queue a failed or cancelled job again, with new attempts."""
    ended = Job.objects.filter(id=job_id, state__in=[JobState.FAILED, JobState.CANCELLED])
    return _queue(
        ended,
        run_at=Now(),
        attempts=0,
        started_at=None,
        finished_at=None,
        error_code="",
        error_message="",
    )


def reclaim_lost() -> list[UUID]:
    """Queue jobs whose lease has expired again, or fail those without attempts left.

    Returns the ids of changed jobs. One query if there are none.
    """
    lost = Job.objects.filter(state=JobState.RUNNING, leased_until__lt=Now())
    changed = []
    for job in lost.only("id", "type", "worker", "attempts"):
        # The condition is checked again: the worker may have renewed the lease meanwhile.
        expired = held_by(job.id, job.worker).filter(leased_until__lt=Now())
        task = TASKS.get(job.type)
        if task is not None and job.attempts >= task.retries.max_attempts:
            is_changed = _finish(expired, JobState.FAILED, **_described(WorkerLostError()))
        else:
            pause_s = task.retries.pause_s(job.attempts) if task and job.attempts > 1 else 0
            is_changed = _queue(expired, run_at=seconds_from_now(pause_s))
        if is_changed:
            changed.append(job.id)
    return changed


def _described(error: ApiError) -> dict[str, str]:
    details = (f"{each.field}: {each.message}" for each in error.errors)
    message = " ".join([error.message, *details]).replace("\0", "")
    return {
        "error_code": error.code,
        "error_message": shortened(message, ERROR_MESSAGE_MAX_CHARS),
    }


def _finish(jobs: QuerySet[Job], state: JobState, **changes: Any) -> bool:
    if state == JobState.SUCCEEDED:
        changes |= {"error_code": "", "error_message": ""}
    return _change(jobs, state=state, finished_at=Now(), **_RELEASED, **changes)


def _queue(jobs: QuerySet[Job], **changes: Any) -> bool:
    return _change(
        jobs, state=JobState.QUEUED, progress=0, progress_message="", **_RELEASED, **changes
    )


def _change(jobs: QuerySet[Job], **changes: Any) -> bool:
    """Update a job whose clients are to see it."""
    return bool(jobs.update(revision=F("revision") + 1, changed_at=Now(), **changes))
