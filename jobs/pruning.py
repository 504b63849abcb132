"""Deletes finished jobs with their results after ``JOBS_KEPT_DAYS``."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from apikit.pruning import Batch, delete_batch, pruner
from jobs.models import Job


@pruner("jobs", every=timedelta(hours=1))
def prune_jobs(_position: str) -> Batch:
    """Delete one batch."""
    age = timedelta(days=settings.JOBS_KEPT_DAYS)
    old = Job.objects.filter(finished_at__lt=timezone.now() - age)
    return delete_batch(old.order_by("finished_at"))
