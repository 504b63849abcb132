"""Prunes unused guests, expired sign-ins and sessions, and unconfirmed email changes."""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts import hooks
from accounts.models import EarlierAccount, TokenFamily, User
from apikit.ids import first_id_at
from apikit.pruning import BATCH_ROWS, Batch, delete_batch, pruner

# Far longer than the link is valid.
EMAIL_CHANGE_KEPT_FOR = timedelta(days=1)


@pruner("guests", every=timedelta(days=1))
def prune_guests(position: str) -> Batch:
    """Delete guests not seen for ``GUEST_KEPT_DAYS`` that nothing refers to.

    Scans all users by id, BATCH_ROWS at a time, so that the cost of a batch does not depend on how
    many guests are kept. ``position`` is the last id of the previous batch.
    """
    unseen_since = timezone.now() - timedelta(days=settings.GUEST_KEPT_DAYS)
    examined = User.objects.filter(id__lt=first_id_at(unseen_since))
    if position:
        examined = examined.filter(id__gt=UUID(position))
    ids = list(examined.order_by("id").values_list("id", flat=True)[:BATCH_ROWS])
    deleted = _delete_guests(_list_abandoned(ids, unseen_since), unseen_since) if ids else 0
    return Batch(deleted, ids[-1].hex if len(ids) == BATCH_ROWS else None)


@pruner("sign_ins", every=timedelta(hours=1))
def prune_sign_ins(_position: str) -> Batch:
    """Delete token families whose last token expired ``SIGN_IN_KEPT_DAYS`` ago."""
    expired_by = timezone.now() - timedelta(days=settings.SIGN_IN_KEPT_DAYS)
    return delete_batch(
        TokenFamily.objects.filter(expires_at__lt=expired_by).order_by("expires_at")
    )


@pruner("sessions", every=timedelta(hours=1))
def prune_sessions(_position: str) -> Batch:
    """Delete expired browser sessions."""
    expired = Session.objects.filter(expire_date__lt=timezone.now())
    return delete_batch(expired.order_by("expire_date"))


@pruner("email_changes", every=timedelta(hours=1))
def prune_email_changes(_position: str) -> Batch:
    """Clear pending email addresses that were requested more than a day ago."""
    requested_by = timezone.now() - EMAIL_CHANGE_KEPT_FOR
    expired = User.objects.filter(updated_at__lt=requested_by).exclude(pending_email="")
    ids = list(expired.order_by("updated_at").values_list("id", flat=True)[:BATCH_ROWS])
    # Filters again, in case of a new request in the meantime.
    count = expired.filter(id__in=ids).update(pending_email="") if ids else 0
    return Batch(count, "" if len(ids) == BATCH_ROWS else None)


def _list_abandoned(ids: list[UUID], unseen_since: datetime) -> list[UUID]:
    """Return which of ``ids`` are guests that can be deleted."""
    return list(_abandoned(unseen_since).filter(id__in=ids).values_list("id", flat=True))


def _abandoned(unseen_since: datetime) -> QuerySet[User]:
    """Return the guests that can be deleted.

    Guests are kept if they are or were merged into an account, because their browser would get
    another guest, which could vote again. They are also kept if they are suspended, because they
    would return with another id, and while their tokens are valid.
    """
    is_signed_in = TokenFamily.objects.filter(
        user_id=OuterRef("pk"), revoked_at=None, expires_at__gt=timezone.now()
    )
    guests = User.objects.annotate(seen_at=Coalesce("last_seen_at", "created_at")).filter(
        is_guest=True, is_active=True, merged_into=None, seen_at__lt=unseen_since
    )
    anchors = [
        Exists(is_signed_in),
        Exists(EarlierAccount.objects.filter(guest_id=OuterRef("pk"))),
        *hooks.guest_anchors.values(),
    ]
    return guests.exclude(_any_of(anchors)).order_by()


def _any_of(conditions: list[Exists]) -> Q:
    combined = Q()
    for condition in conditions:
        combined |= Q(condition)
    return combined


def _delete_guests(ids: list[UUID], unseen_since: datetime) -> int:
    if not ids:
        return 0
    skips_locked = connection.features.has_select_for_update_skip_locked
    with transaction.atomic():
        # With the lock held, no vote can be inserted and no account merged, so the result of the
        # next query stays true.
        guests = User.objects.select_for_update(skip_locked=skips_locked)
        locked = list(guests.filter(id__in=ids).order_by().values_list("id", flat=True))
        still = _list_abandoned(locked, unseen_since)
        User.objects.filter(id__in=still).delete()
    return len(still)
