"""Deletes deliveries after ``WEBHOOK_DELIVERIES_KEPT_DAYS``."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from apikit.pruning import Batch, delete_batch, pruner
from webhooks.models import Delivery


@pruner("webhook_deliveries", every=timedelta(hours=1))
def prune_deliveries(_position: str) -> Batch:
    """Delete one batch, pending ones too: none waits that long."""
    age = timedelta(days=settings.WEBHOOK_DELIVERIES_KEPT_DAYS)
    old = Delivery.objects.filter(created_at__lt=timezone.now() - age)
    return delete_batch(old.order_by("created_at"))
