"""Publishes changed jobs."""

from functools import partial
from uuid import UUID

from django.db import transaction

from jobs.events import JobReport
from jobs.models import Job
from jobs.wire import view_job
from realtime import SITE_TOPIC, publish


def publish_on_commit(job_id: UUID) -> None:
    """Publish the state of a job after the commit, to the sockets of its owner; one query."""
    transaction.on_commit(partial(_publish, job_id))


def _publish(job_id: UUID) -> None:
    # Read after the commit, so that the newest state is published, whatever the order.
    job = Job.objects.select_related("file").filter(id=job_id).first()
    if job is not None and job.owner_id is not None:
        publish(SITE_TOPIC, JobReport(user_id=job.owner_id, job=view_job(job)))
