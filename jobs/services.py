"""Writes of jobs: creating, cancelling, retrying and deleting them."""

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone

from apikit.actors import Actor
from apikit.errors import ForbiddenError, IdempotencyKeyReusedError, ValidationFailedError
from apikit.idempotency import fingerprint_of
from apikit.wire import Wire, to_wire
from jobs import states
from jobs.errors import (
    JobFinishedError,
    JobNotFinishedError,
    JobNotFoundError,
    JobNotRetryableError,
    TooManyJobsError,
)
from jobs.hooks import check_project
from jobs.live_updates import publish_on_commit
from jobs.messenger import announce
from jobs.metrics import ENQUEUED
from jobs.models import UNFINISHED, Job, JobState, seconds_from_now
from jobs.registry import TASKS, Task, find_task
from jobs.selectors import get_job_for


def enqueue(
    *,
    actor: Actor,
    type_: str,
    payload: Mapping[str, Any],
    project_id: UUID | None = None,
    key: str | None = None,
    delay_s: float = 0.0,
) -> Job:
    """Create a job; a worker runs it after the commit, not before ``delay_s`` seconds.

    ``key`` is an idempotency key of the owner: a second call with it returns the first job.

    :raises ValidationFailedError: for an unknown type or an invalid payload.
    :raises JobTypeDisabledError: if the site has turned the type off.
    :raises TooManyJobsError: if too many jobs of the owner wait.
    :raises IdempotencyKeyReusedError: for a key that was used for something else.
    :raises ApiError: if the handler's ``authorize`` refuses it, or the role in the project.
    """
    owner_id = actor.account_id()
    task = find_task(type_, payload)
    checked, project_id = _check(task, actor, payload, project_id)
    with transaction.atomic():
        lock_owner(owner_id)
        wanted = Job(
            type=task.name,
            owner_id=owner_id,
            project_id=project_id,
            payload=to_wire(checked),
            key=key,
            fingerprint=fingerprint_of(task.name, to_wire(checked), str(project_id)) if key else "",
        )
        return _find_same(wanted) or _create(wanted, delay_s)


def enqueue_for_site(
    *, type_: str, payload: Wire, key: str | None = None, delay_s: float = 0.0
) -> Job:
    """Create a job that nobody owns, such as that of a schedule; no limits apply.

    :raises IdempotencyKeyReusedError: for a key that was used for something else.
    """
    body = to_wire(payload)
    fingerprint = fingerprint_of(type_, body) if key else ""
    wanted = Job(type=type_, payload=body, key=key, fingerprint=fingerprint)
    try:
        with transaction.atomic():
            return _find_same(wanted) or _create(wanted, delay_s)
    except IntegrityError:
        # Another process has created it meanwhile.
        if (same := _find_same(wanted)) is not None:
            return same
        raise


def cancel_job(*, actor: Actor, job_id: UUID) -> Job:
    """Cancel a job. If it runs, its handler is stopped within a second, and changes nothing.

    Cancelling it again changes nothing.

    :raises JobNotFoundError: for jobs that the actor may not see.
    :raises JobFinishedError: if it has finished.
    """
    _cancel(get_job_for(actor, job_id, "run"))
    return get_job_for(actor, job_id)


def retry_job(*, actor: Actor, job_id: UUID) -> Job:
    """Run a failed or cancelled job again, with as many attempts as a new one.

    The rights of its owner are checked when it runs.

    :raises JobNotFoundError: for jobs that the actor may not see.
    :raises JobNotRetryableError: if it has not failed and was not cancelled.
    :raises TooManyJobsError: if too many jobs of the owner wait.
    """
    _retry(get_job_for(actor, job_id, "run"))
    return get_job_for(actor, job_id)


def cancel_for_staff(*, actor: Actor, job_id: UUID) -> bool:
    """Cancel any job, as :func:`cancel_job`; return whether it was not cancelled before.

    :raises ForbiddenError: unless ``actor`` is staff.
    :raises JobNotFoundError, JobFinishedError: as there.
    """
    return _cancel(_get_for_staff(actor, job_id))


def retry_for_staff(*, actor: Actor, job_id: UUID) -> None:
    """Run any failed or cancelled job again, as :func:`retry_job`.

    :raises ForbiddenError: unless ``actor`` is staff.
    :raises JobNotFoundError, JobNotRetryableError, TooManyJobsError: as there.
    """
    _retry(_get_for_staff(actor, job_id))


def delete_job(*, actor: Actor, job_id: UUID) -> None:
    """Delete a finished job with its result.

    :raises JobNotFoundError: for jobs that the actor may not see.
    :raises JobNotFinishedError: if it is queued or running.
    """
    job = get_job_for(actor, job_id, "run")
    deleted, _ = Job.objects.filter(id=job.id).exclude(state__in=UNFINISHED).delete()
    if not deleted and Job.objects.filter(id=job.id).exists():
        raise JobNotFinishedError


def _get_for_staff(actor: Actor, job_id: UUID) -> Job:
    if not actor.is_staff:
        raise ForbiddenError
    job = Job.objects.filter(id=job_id).first()
    if job is None:
        raise JobNotFoundError
    return job


def _cancel(job: Job) -> bool:
    is_changed = states.cancel(job.id)
    if is_changed:
        publish_on_commit(job.id)
    elif Job.objects.filter(id=job.id).exclude(state=JobState.CANCELLED).exists():
        raise JobFinishedError
    return is_changed


def _retry(job: Job) -> None:
    task = TASKS.get(job.type)
    if task is not None:
        task.check_enabled()
    with transaction.atomic():
        if job.owner_id is not None:
            lock_owner(job.owner_id)
            _check_queue(job.owner_id)
        if not states.restart(job.id):
            raise JobNotRetryableError
        _announce_on_commit(job.id)


def _check(
    task: Task, actor: Actor, payload: Mapping[str, Any], project_id: UUID | None
) -> tuple[Wire, UUID | None]:
    """Return the payload, and the project of the job."""
    task.check_enabled()
    checked: Wire = task.read_payload(payload)
    if project_id is not None:
        check_project(actor, project_id, "run")
    task.authorize(actor, checked)
    own_project_id = task.project_of(checked)
    if own_project_id is None or own_project_id == project_id:
        return checked, project_id
    if project_id is not None:
        raise ValidationFailedError.of("projectId", "The payload belongs to another project.")
    check_project(actor, own_project_id, "run")
    return checked, own_project_id


def lock_owner(owner_id: UUID) -> None:
    """Let one request of an owner create jobs at a time, so that limit and keys hold."""
    users = get_user_model()._default_manager.select_for_update(no_key=True)
    users.filter(pk=owner_id).values_list("pk").first()


def _find_same(wanted: Job) -> Job | None:
    """Return the job that was created under the key before.

    :raises IdempotencyKeyReusedError: if it is another one.
    """
    if wanted.key is None:
        return None
    found = Job.objects.filter(owner=wanted.owner_id, key=wanted.key).first()
    if found is not None and found.fingerprint != wanted.fingerprint:
        raise IdempotencyKeyReusedError
    return found


def _check_queue(owner_id: UUID) -> None:
    waiting = Job.objects.filter(owner=owner_id, state=JobState.QUEUED).count()
    if waiting >= settings.JOBS_QUEUED_PER_OWNER:
        raise TooManyJobsError


def _create(job: Job, delay_s: float) -> Job:
    if job.owner_id is not None:
        _check_queue(job.owner_id)
    job.created_at = timezone.now()
    # Expressions, by the clock of the database.
    job.run_at = seconds_from_now(delay_s) if delay_s else Now()
    job.save(force_insert=True)
    job.refresh_from_db(fields=["run_at"])
    ENQUEUED.labels(job.type).inc()
    _announce_on_commit(job.id)
    return job


def _announce_on_commit(job_id: UUID) -> None:
    publish_on_commit(job_id)
    transaction.on_commit(partial(announce, job_id))
