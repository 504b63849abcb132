"""Scheduled tasks: jobs of the site that are created at fixed times.

Every worker looks for due schedules. The update of the ``Schedule`` row that moves it to its next
time succeeds in one process only, and creates the job in the same transaction. A time that was
missed, because no worker ran, is made up for once.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from apikit.actors import Actor
from apikit.errors import ForbiddenError
from apikit.registries import Registry
from apikit.wire import Wire
from jobs.errors import JobNotFinishedError, JobNotFoundError
from jobs.models import UNFINISHED, Job, Schedule

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ScheduledTask:
    """A registered schedule: every multiple of ``every`` since 1970, plus ``offset``, in UTC."""

    name: str
    type: str
    payload: Wire
    every: timedelta
    offset: timedelta

    def next_after(self, moment: datetime) -> datetime:
        """Return the first time after ``moment``."""
        return (
            _EPOCH + self.offset + ((moment - _EPOCH - self.offset) // self.every + 1) * self.every
        )


SCHEDULES: Registry[str, ScheduledTask] = Registry("schedule")


def schedule(
    name: str, *, type_: str, payload: Wire, every: timedelta, offset: timedelta = timedelta(0)
) -> None:
    """Register a schedule that creates a job of type ``type_``; call it in ``tasks.py``.

    A day with an offset of three hours means: at three in the morning, UTC.
    """
    SCHEDULES.register(name, ScheduledTask(name, type_, payload, every, offset))


def enqueue_due() -> list[Job]:
    """Create the jobs of the schedules that are due; one query if none is."""
    if not SCHEDULES:
        return []
    now = timezone.now()
    known = {row.name: row for row in Schedule.objects.filter(name__in=list(SCHEDULES))}
    jobs = []
    for name, entry in SCHEDULES.items():
        row = known.get(name)
        if row is None:
            Schedule.objects.get_or_create(
                name=name, defaults={"next_run_at": entry.next_after(now)}
            )
        elif row.next_run_at <= now:
            job = _enqueue(entry, row, now)
            jobs += [job] if job else []
    return jobs


def run_for_staff(*, actor: Actor, name: str) -> Job:
    """Create the job of a schedule now; its next time stays.

    :raises ForbiddenError: unless ``actor`` is staff.
    :raises JobNotFoundError: for a schedule that this version does not have.
    :raises JobNotFinishedError: if its last job has not finished.
    """
    from jobs.services import enqueue_for_site

    if not actor.is_staff:
        raise ForbiddenError
    entry, now = SCHEDULES.get(name), timezone.now()
    if entry is None:
        raise JobNotFoundError
    with transaction.atomic():
        Schedule.objects.get_or_create(name=name, defaults={"next_run_at": entry.next_after(now)})
        row = Schedule.objects.select_for_update(no_key=True).get(name=name)
        if _is_running(row):
            raise JobNotFinishedError
        job = enqueue_for_site(type_=entry.type, payload=entry.payload)
        Schedule.objects.filter(name=name).update(last_run_at=now, last_job=job)
    return job


def _is_running(row: Schedule) -> bool:
    if row.last_job_id is None:
        return False
    return Job.objects.filter(id=row.last_job_id, state__in=UNFINISHED).exists()


def _enqueue(entry: ScheduledTask, row: Schedule, now: datetime) -> Job | None:
    """Create the job, unless another process did, or the previous one has not finished."""
    from jobs.services import enqueue_for_site

    if _is_running(row):
        return None
    with transaction.atomic():
        due = Schedule.objects.filter(name=entry.name, next_run_at=row.next_run_at)
        if not due.update(next_run_at=entry.next_after(now), last_run_at=now):
            return None
        job = enqueue_for_site(type_=entry.type, payload=entry.payload)
        Schedule.objects.filter(name=entry.name).update(last_job=job)
    return job
