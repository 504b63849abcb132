from django.db import models

from accounts.models import User
from apikit.ids import new_id
from polls.models import Option, Poll


class Vote(models.Model):
    """One answer of one person. A ballot is all the votes of a person in a poll.

    ``option`` is null for answers without one, such as a number. ``value`` is null for choices and
    ranks; for others it is the answer in the canonical form of the kind: docs/kinds.md.

    ``rank`` numbers the votes of a ballot from 1, so that its constraint limits a single choice to
    one vote. ``request_id`` identifies the request that last wrote the row: if the connection is
    lost at the commit, a retry finds out whether the commit succeeded.

    Only ``votes.ledger`` writes votes; ``votes.removal`` deletes those of deleted polls. Deleting a
    person or an option that has votes is refused.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # No separate indexes: the indexes of the constraints below begin with these columns.
    poll = models.ForeignKey(
        Poll, models.DO_NOTHING, related_name="votes", db_index=False, db_constraint=False
    )
    option = models.ForeignKey(
        Option, models.RESTRICT, null=True, related_name="votes", db_index=False
    )
    user = models.ForeignKey(User, models.PROTECT, related_name="votes")
    rank = models.PositiveSmallIntegerField(default=1)
    request_id = models.UUIDField(editable=False)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    value = models.TextField(null=True)  # noqa: DJ001 - an empty text would not mean "none"

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
    """A tally at one moment, with its version: ``votes.samples``.

    ``counts`` maps option ids (32 hex digits) to votes, without options that had none. ``cells``
    has the cells that frames show, as pairs of key and count by group; empty for choices. ``at`` is
    when the tally changed to this state.
    """

    # No separate index: that of the constraint below begins with it.
    poll = models.ForeignKey(
        Poll, models.DO_NOTHING, related_name="samples", db_index=False, db_constraint=False
    )
    version = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    counts = models.JSONField()
    cells = models.JSONField(default=dict)
    ballot_count = models.PositiveBigIntegerField()

    class Meta:
        ordering = ("version",)
        constraints = [
            models.UniqueConstraint(fields=["poll", "version"], name="votes_one_sample_per_version")
        ]

    def __str__(self) -> str:
        return f"{self.poll_id} at version {self.version}"
