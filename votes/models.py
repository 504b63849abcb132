from django.db import models

from accounts.models import User
from apikit.ids import new_id
from polls.models import Option, Poll


class Vote(models.Model):
    """One option chosen by one person. A ballot is all the votes of a person in a poll.

    ``rank`` numbers the votes of a ballot from 1, so that the constraint on it holds a single
    choice to one vote. ``request_id`` is that of the request that last wrote this row: a writer
    that lost its connection while committing finds out by it whether the commit went through.

    Only ``votes.ledger`` writes here; ``votes.removal`` removes those of deleted polls. Deleting
    people or options by other ways is refused.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # Without indexes of their own: the constraints below begin with these.
    poll = models.ForeignKey(
        Poll, models.DO_NOTHING, related_name="votes", db_index=False, db_constraint=False
    )
    option = models.ForeignKey(Option, models.RESTRICT, related_name="votes", db_index=False)
    user = models.ForeignKey(User, models.PROTECT, related_name="votes")
    rank = models.PositiveSmallIntegerField(default=1)
    request_id = models.UUIDField(editable=False)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=["poll", "user", "rank"], name="votes_one_per_person_and_rank"
            ),
            models.UniqueConstraint(
                fields=["option", "user"], name="votes_one_per_person_and_option"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} for {self.option_id}"


class TallySample(models.Model):
    """How a tally stood at one moment, with the version it had then: ``votes.samples``.

    ``counts`` has the votes of each option that had any, by the option's id as 32 hex digits;
    ``at`` is the moment of the change that led to it.
    """

    # Without an index of its own: the constraint below begins with it.
    poll = models.ForeignKey(
        Poll, models.DO_NOTHING, related_name="samples", db_index=False, db_constraint=False
    )
    version = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    counts = models.JSONField()
    ballot_count = models.PositiveBigIntegerField()

    class Meta:
        ordering = ("version",)
        constraints = [
            models.UniqueConstraint(fields=["poll", "version"], name="votes_one_sample_per_version")
        ]

    def __str__(self) -> str:
        return f"{self.poll_id} at version {self.version}"
