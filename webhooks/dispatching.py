"""Creates the jobs that send pending deliveries: at most one unfinished job for each webhook.

So the requests of a webhook are sent one after another, and a slow receiver occupies one thread of
the workers at most.
"""

from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from jobs.models import UNFINISHED, Job, JobState
from jobs.services import enqueue_for_site
from webhooks.models import Delivery, DeliveryState, Webhook
from webhooks.tasks import DELIVERY, WebhookDelivery

# How many jobs are created per call; the next call does the rest.
AT_ONCE = 100


def dispatch_due() -> int:
    """Create the jobs that are missing; return how many. One query while nothing is due.

    Any number of processes may call it at once.
    """
    due = Delivery.objects.filter(
        state=DeliveryState.PENDING, next_attempt_at__lte=Now(), webhook__disabled_at=None
    ).exclude(webhook__paused_until__gt=Now())
    rows = due.order_by().values_list("webhook_id", "webhook__job_id").distinct()[:AT_ONCE]
    found = list(rows)
    if not found:
        return 0
    job_ids = [job_id for _, job_id in found if job_id is not None]
    unfinished = Job.objects.filter(id__in=job_ids, state__in=UNFINISHED).order_by()
    busy = set(unfinished.values_list("id", flat=True))
    return sum(_dispatch(webhook_id, job_id) for webhook_id, job_id in found if job_id not in busy)


def _dispatch(webhook_id: UUID, last_job_id: UUID | None) -> bool:
    """Replace the webhook's job by a new one; return False if another process has."""
    with transaction.atomic():
        job = enqueue_for_site(type_=DELIVERY, payload=WebhookDelivery(webhook_id=webhook_id))
        webhooks = Webhook.objects.filter(id=webhook_id, job_id=last_job_id)
        if not webhooks.update(job_id=job.id):
            transaction.set_rollback(True)
            return False
        if last_job_id is not None:
            # There would be one for every event.
            Job.objects.filter(id=last_job_id, state=JobState.SUCCEEDED).delete()
    return True
