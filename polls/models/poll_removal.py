from django.db import models
from django.db.models import Q


class PollRemoval(models.Model):
    """A deleted poll whose options, votes and samples are still to be removed.

    Deleting a poll deletes its row and inserts a PollRemoval, in one short transaction.
    ``polls.removal`` removes the contents in the background, so their foreign keys have no database
    constraint. While a poll is imported, ``deleted_at`` is when the import is given up
    (``polls.archive_imports``). Finished removals are kept for some days, for the admin.
    """

    poll_id = models.UUIDField(primary_key=True)
    deleted_at = models.DateTimeField()
    # The account that deleted it. Without a foreign key: accounts can be deleted, too.
    deleted_by_id = models.UUIDField(null=True)
    # Votes when it was deleted, and those removed since.
    vote_count = models.PositiveBigIntegerField(default=0, db_default=0)
    removed_count = models.PositiveBigIntegerField(default=0, db_default=0)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("deleted_at",)
        indexes = [
            # For a query that every process repeats every second.
            models.Index(
                fields=["deleted_at"],
                name="polls_removals_to_do",
                condition=Q(finished_at__isnull=True),
            ),
        ]

    @property
    def percent(self) -> int:
        """How many of the votes are removed; 100 at the end only."""
        if self.finished_at is not None:
            return 100
        return min(99, 100 * self.removed_count // max(1, self.vote_count))

    def __str__(self) -> str:
        return str(self.poll_id)
