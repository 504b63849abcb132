from django.db import models
from django.db.models import Q

from polls.models.poll import Poll


class Cell(models.Model):
    """A counter of the tally of a kind that needs more than a count per option: docs/kinds.md.

    Only the vote writer saves cells; it deletes those that reach 0. Rows outlive their poll for a
    while: see :class:`PollRemoval`.
    """

    # No separate index: that of the constraint below begins with it.
    poll = models.ForeignKey(
        Poll, models.DO_NOTHING, related_name="cells", db_index=False, db_constraint=False
    )
    group = models.CharField(max_length=10)
    key = models.TextField()
    # Not a positive field: PostgreSQL would check a difference before it adds it.
    count = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["poll", "group", "key"], name="polls_one_cell_per_key")
        ]
        indexes = [
            # Groups without a bound, of which frames read the first.
            models.Index(
                fields=["poll", "group", "-count", "id"],
                name="polls_largest_cells",
                condition=Q(group__in=["word", "spelling"]),
            ),
            models.Index(
                fields=["poll", "-id"], name="polls_newest_texts", condition=Q(group="text")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.group} {self.key} of {self.poll_id}"
