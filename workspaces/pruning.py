"""Prunes invitations, which hold email addresses of people who may have no account."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from apikit.pruning import BATCH_ROWS, Batch, pruner
from workspaces.models import Invitation


@pruner("invitations", every=timedelta(hours=1))
def prune_invitations(_position: str) -> Batch:
    """Delete invitations that expired ``INVITATION_KEPT_DAYS`` ago, answered or not."""
    expired_by = timezone.now() - timedelta(days=settings.INVITATION_KEPT_DAYS)
    expired = Invitation.objects.filter(expires_at__lt=expired_by).order_by("expires_at")
    ids = list(expired.values_list("id", flat=True)[:BATCH_ROWS])
    # Filters again, in case of one that was sent again in the meantime.
    count = expired.order_by().filter(id__in=ids).delete()[0] if ids else 0
    return Batch(count, "" if len(ids) == BATCH_ROWS else None)
