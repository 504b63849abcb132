"""Removing pictures, for moderators."""

from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from apikit.actors import Actor
from apikit.errors import ForbiddenError
from polls.errors import PictureNotFoundError
from polls.models import Picture, Poll
from polls.publishing import publish_poll_update
from polls.saving import save_change


def remove_picture(*, actor: Actor, picture_id: UUID) -> None:
    """Delete a picture from all polls that use it. What people voted on stays, with its texts.

    :raises ForbiddenError: unless ``actor`` is staff.
    :raises PictureNotFoundError: if there is none.
    """
    if not actor.is_staff:
        raise ForbiddenError
    with transaction.atomic():
        using = Poll.objects.filter(Q(picture_id=picture_id) | Q(options__picture_id=picture_id))
        ids = set(using.values_list("id", flat=True))
        polls = list(Poll.objects.select_for_update().filter(id__in=ids).order_by("id"))
        picture = Picture.objects.select_for_update().filter(id=picture_id).first()
        if picture is None:
            raise PictureNotFoundError
        picture.delete()
        for poll in polls:
            if poll.picture_id == picture_id:
                poll.picture_id = None
            save_change(poll, timezone.now())
            publish_poll_update(poll, "edited", timezone.now())
