from django.db import models
from django.db.models import Q

from accounts.models import User
from apikit.ids import new_id
from polls.host_models import OPTION_MAX_CHARS
from polls.models.picture import PICTURE_ALT_MAX_CHARS, Picture
from polls.models.poll import Poll

MIN_OPTIONS = 2
MAX_OPTIONS = 50
OPTION_MAX_LIMIT = 1_000_000


class ShownOptions(models.Manager["Option"]):
    """Leaves out options that the host has removed."""

    def get_queryset(self) -> models.QuerySet["Option"]:
        return super().get_queryset().filter(removed_at=None)


class Option(models.Model):
    """An option of a poll. Only the vote writer saves ``vote_count``.

    Rows outlive their poll for a while: see :class:`PollRemoval`. ``added_at`` and ``added_by`` are
    set if a participant added it. Removed options keep their votes, and only the vote writer and
    recounts read them: ``Option.objects`` and ``poll.options`` leave them out.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    poll = models.ForeignKey(Poll, models.DO_NOTHING, related_name="options", db_constraint=False)
    text = models.CharField(max_length=OPTION_MAX_CHARS)
    position = models.PositiveSmallIntegerField()
    vote_count = models.PositiveBigIntegerField(default=0)
    added_at = models.DateTimeField(null=True, editable=False)
    added_by = models.ForeignKey(
        User, models.SET_NULL, null=True, editable=False, related_name="+", db_index=False
    )
    is_pinned = models.BooleanField(default=False, editable=False)
    answered_at = models.DateTimeField(null=True, editable=False)
    removed_at = models.DateTimeField(null=True, editable=False)

    # The first one is also that of poll.options.
    objects = ShownOptions()
    with_removed = models.Manager["Option"]()
    # How many people can have it, see votes.places; null for any number.
    limit = models.PositiveIntegerField(null=True, blank=True)
    picture = models.ForeignKey(
        Picture, models.SET_NULL, null=True, blank=True, related_name="options", db_index=False
    )
    picture_alt = models.CharField(max_length=PICTURE_ALT_MAX_CHARS, blank=True, default="")

    class Meta:
        ordering = ("position",)
        constraints = [
            models.UniqueConstraint(
                fields=["poll", "position"], name="polls_one_option_per_position"
            ),
            models.CheckConstraint(
                name="polls_limit_of_one_or_more",
                condition=Q(limit__isnull=True) | Q(limit__gte=1),
            ),
        ]
        indexes = [
            models.Index(
                fields=["picture"],
                name="polls_options_with_picture",
                condition=Q(picture__isnull=False),
            ),
            # For erasing and merging people; few options have an author.
            models.Index(
                fields=["added_by"],
                name="polls_options_of_people",
                condition=Q(added_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.text
