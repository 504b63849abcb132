"""What of accounts is pruned: unused guests, ended sign-ins, expired sessions and email changes."""

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

# Far longer than the link to confirm an address is good for.
EMAIL_CHANGE_KEPT_FOR = timedelta(days=1)


@pruner("guests", every=timedelta(days=1))
def prune_guests(position: str) -> Batch:
    """Deletes guests who have not been seen for ``GUEST_KEPT_DAYS`` and who left nothing.

    It goes through all users in the order of their ids, BATCH_ROWS at a time, so that a batch costs
    the same however many guests have to stay. ``position`` is the last id of the batch before.
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
    """Deletes token families whose last token expired ``SIGN_IN_KEPT_DAYS`` ago."""
    expired_by = timezone.now() - timedelta(days=settings.SIGN_IN_KEPT_DAYS)
    return delete_batch(
        TokenFamily.objects.filter(expires_at__lt=expired_by).order_by("expires_at")
    )


@pruner("sessions", every=timedelta(hours=1))
def prune_sessions(_position: str) -> Batch:
    """Deletes expired sessions of browsers."""
    expired = Session.objects.filter(expire_date__lt=timezone.now())
    return delete_batch(expired.order_by("expire_date"))


@pruner("email_changes", every=timedelta(hours=1))
def prune_email_changes(_position: str) -> Batch:
    """Forgets requested email addresses whose link expired a day ago."""
    requested_by = timezone.now() - EMAIL_CHANGE_KEPT_FOR
    expired = User.objects.filter(updated_at__lt=requested_by).exclude(pending_email="")
    ids = list(expired.order_by("updated_at").values_list("id", flat=True)[:BATCH_ROWS])
    # Filtered again, for a new request made in the meantime.
    count = expired.filter(id__in=ids).update(pending_email="") if ids else 0
    return Batch(count, "" if len(ids) == BATCH_ROWS else None)


def _list_abandoned(ids: list[UUID], unseen_since: datetime) -> list[UUID]:
    """The ids, among ``ids``, of guests who may be deleted."""
    return list(_abandoned(unseen_since).filter(id__in=ids).values_list("id", flat=True))


def _abandoned(unseen_since: datetime) -> QuerySet[User]:
    """Guests who may be deleted.

    Not those who are one voter with an account, or were with an earlier one: their browser would
    get another guest, who could vote again. Nor suspended ones, who would be back under another id,
    nor those whose tokens are still good.
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
        # With the lock, no vote of theirs can be inserted and no account merged, so what is read
        # after it stays true until they are deleted.
        guests = User.objects.select_for_update(skip_locked=skips_locked)
        locked = list(guests.filter(id__in=ids).order_by().values_list("id", flat=True))
        still = _list_abandoned(locked, unseen_since)
        User.objects.filter(id__in=still).delete()
    return len(still)
