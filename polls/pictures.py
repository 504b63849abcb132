"""Pictures of options and hotspots: storing, finding, using and deleting them."""

import secrets
from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from apikit.actors import Actor
from apikit.errors import FieldError, ValidationFailedError
from apikit.pruning import BATCH_ROWS, Batch, pruner
from apikit.throttling import SharedLimit
from jobs.services import lock_owner
from polls.errors import PictureNotFoundError, TooManyPicturesError
from polls.models import Option, Picture, PictureContent, Poll
from polls.picture_encoding import EncodedPicture
from workspaces.models import Member
from workspaces.permissions import Action, roles_with

# How long a picture is kept that nothing uses yet, or any more.
KEPT_FOR = timedelta(days=1)
TOKEN_BYTES = 24
HOUR_S = 3600

# The field of a request that names a picture, and the picture.
PictureUse = tuple[str, UUID]


def add_picture(*, actor: Actor, picture: EncodedPicture) -> Picture:
    """Store a picture of ``actor``, for a poll that they create or edit within a day.

    :raises GuestRefusedError: for a guest.
    :raises TooManyPicturesError: if the account has ``PICTURES_PER_OWNER`` of them.
    :raises TooManyRequestsError: above ``PICTURES_PER_HOUR``.
    """
    owner_id = actor.account_id()
    SharedLimit("pictures", settings.PICTURES_PER_HOUR, HOUR_S).count(str(owner_id))
    return store_picture(owner_id, picture)


def store_picture(owner_id: UUID, picture: EncodedPicture) -> Picture:
    """Store a picture of an account, as :func:`add_picture` and imports of archives do.

    :raises TooManyPicturesError: if the account has ``PICTURES_PER_OWNER`` of them.
    """
    with transaction.atomic():
        lock_owner(owner_id)
        check_room(owner_id, 1)
        return insert_picture(owner_id, picture)


def insert_picture(owner_id: UUID | None, picture: EncodedPicture) -> Picture:
    """Store a picture without looking at limits; two queries."""
    with transaction.atomic():
        row = Picture.objects.create(
            token=secrets.token_urlsafe(TOKEN_BYTES),
            owner_id=owner_id,
            width=picture.width,
            height=picture.height,
            size_bytes=len(picture.webp),
            created_at=timezone.now(),
        )
        PictureContent.objects.create(picture=row, webp=picture.webp)
    return row


def check_room(owner_id: UUID, count: int) -> None:
    """Check that an account may have so many more pictures.

    :raises TooManyPicturesError: if it would have more than ``PICTURES_PER_OWNER``.
    """
    has = Picture.objects.filter(owner_id=owner_id).count() if count else 0
    if count and has + count > settings.PICTURES_PER_OWNER:
        raise TooManyPicturesError


def read_picture(token: str) -> bytes:
    """Return a picture as WebP. Whoever has its token may see it.

    :raises PictureNotFoundError: if there is none.
    """
    content = PictureContent.objects.filter(picture__token=token).first()
    if content is None:
        raise PictureNotFoundError
    return bytes(content.webp)


def lock_pictures(actor: Actor, uses: Sequence[PictureUse]) -> None:
    """Check that ``actor`` may use pictures, and lock them until the end of the transaction.

    They may use their own, and those of polls that they may change. One query, none without uses.

    :raises ValidationFailedError: naming the fields of those that are missing, or of others.
    """
    if not uses:
        return
    mine = Q(owner_id=actor.account_id())
    used = Exists(
        Option.with_removed.filter(_changeable_by(actor, "poll__"), picture=OuterRef("pk"))
    )
    shown = Exists(Poll.objects.filter(_changeable_by(actor), picture=OuterRef("pk")))
    pictures = Picture.objects.filter(mine | used | shown, id__in={id_ for _, id_ in uses})
    # Until then, delete_unused() skips them.
    locked = pictures.order_by("id").select_for_update(no_key=True, of=("self",))
    found = set(locked.values_list("id", flat=True))
    errors = [
        FieldError(name, PictureNotFoundError.message) for name, id_ in uses if id_ not in found
    ]
    if errors:
        raise ValidationFailedError(errors=errors)


def lock_standing(picture_ids: Collection[UUID]) -> set[UUID]:
    """Lock pictures until the end of the transaction; return those that were not deleted."""
    if not picture_ids:
        return set()
    standing = Picture.objects.filter(id__in=picture_ids).order_by("id")
    return set(standing.select_for_update(no_key=True).values_list("id", flat=True))


def _changeable_by(actor: Actor, prefix: str = "") -> Q:
    """Return ``visibility.is_changeable`` as a query condition; ``prefix`` leads to the poll."""
    if actor.is_staff:
        return Q(**{f"{prefix}id__isnull": False})
    roles = Member.objects.filter(
        user_id=actor.account_id(), role__in=roles_with(Action.EDIT_POLLS)
    )
    own = Q(**{f"{prefix}creator_id": actor.id, f"{prefix}project": None})
    of_team = Q(**{f"{prefix}project__in": roles.order_by().values("project_id")})
    return Q(**{f"{prefix}hidden_at": None}) & (own | of_team)


def delete_unused(picture_ids: Collection[UUID]) -> int:
    """Delete those pictures that no option and no poll uses; return how many they were.

    Skips those that a transaction is about to use.
    """
    if not picture_ids:
        return 0
    skips_locked = connection.features.has_select_for_update_skip_locked
    with transaction.atomic():
        unused = _unused().filter(id__in=picture_ids).order_by("id")
        locked = unused.select_for_update(skip_locked=skips_locked, of=("self",))
        ids = list(locked.values_list("id", flat=True))
        # Again, because one may have been used between the snapshot of that query and its lock.
        ids = list(_unused().filter(id__in=ids).values_list("id", flat=True)) if ids else []
        Picture.objects.filter(id__in=ids).delete()
    return len(ids)


def _unused() -> QuerySet[Picture]:
    options = Option.with_removed.filter(picture=OuterRef("pk"))
    return Picture.objects.filter(
        ~Exists(options), ~Exists(Poll.objects.filter(picture=OuterRef("pk")))
    )


@pruner("pictures", every=timedelta(hours=1))
def prune_pictures(position: str) -> Batch:
    """Delete the unused ones of the next pictures that are older than a day."""
    old = Picture.objects.filter(created_at__lt=timezone.now() - KEPT_FOR)
    if position:
        old = old.filter(id__gt=UUID(position))
    ids = list(old.order_by("id").values_list("id", flat=True)[:BATCH_ROWS])
    deleted = delete_unused(ids)
    return Batch(deleted, str(ids[-1]) if len(ids) == BATCH_ROWS else None)
