"""Publishes changed jobs."""

from collections.abc import Collection
from functools import partial
from uuid import UUID

from django.db import transaction

from apikit.errors import ForbiddenError, NotFoundError
from jobs.events import JobReport
from jobs.hooks import check_project, read_actor
from jobs.models import Job
from jobs.wire import view_job
from realtime import SITE_TOPIC, publish


def publish_on_commit(job_id: UUID) -> None:
    """Publish the state of a job after the commit, to those who may see it.

    One query; four for a job of a project.
    """
    transaction.on_commit(partial(_publish, job_id))


def read_reports(job_ids: Collection[UUID]) -> list[JobReport]:
    """Read the newest states of jobs, without those of the site, which nobody sees."""
    jobs = Job.objects.select_related("file").filter(id__in=job_ids).order_by("id")
    return [
        JobReport(user_id=_reader_of(job), job=view_job(job))
        for job in jobs
        if job.owner_id is not None or job.project_id is not None
    ]


def _publish(job_id: UUID) -> None:
    # Read after the commit, so that the newest state is published, whatever the order.
    for report in read_reports([job_id]):
        publish(SITE_TOPIC, report)


def _reader_of(job: Job) -> UUID | None:
    """Return the owner if they may still see the job."""
    if job.owner_id is None or job.project_id is None:
        return job.owner_id
    owner = read_actor(job.owner_id)
    try:
        if owner is not None:
            check_project(owner, job.project_id, "view")
            return job.owner_id
    except (NotFoundError, ForbiddenError):
        # They have left the project.
        pass
    return None
