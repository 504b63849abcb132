"""Models of what participants suggest and hosts decide."""

from django.db import models
from django.db.models import Q

from accounts.models import User
from apikit.ids import new_id

OPTION_MAX_CHARS = 200


class Suggestion(models.Model):
    """An option that a participant wants to add and no host has approved yet.

    Approving it makes it an option with the same id; refusing deletes it. Rows outlive their poll
    for a while: see :class:`polls.models.PollRemoval`. Those of imported archives have no author.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    poll = models.ForeignKey(
        "polls.Poll",
        models.DO_NOTHING,
        related_name="suggestions",
        db_index=False,
        db_constraint=False,
    )
    author = models.ForeignKey(User, models.CASCADE, null=True, related_name="suggestions")
    text = models.CharField(max_length=OPTION_MAX_CHARS)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        indexes = [models.Index(fields=["poll", "id"], name="polls_suggestions_of_poll")]

    def __str__(self) -> str:
        return self.text


class DecisionGroup(models.TextChoices):
    """What a decision is about: the groups of the cells."""

    TEXT = "text"
    WORD = "word"


class Verdict(models.TextChoices):
    """What becomes of a text or word. Merged words count as another one."""

    SHOWN = "shown"
    REMOVED = "removed"
    MERGED = "merged"


class HostDecision(models.Model):
    """What a host has decided about a text or a word, by the key of its cell.

    Cells stay as people voted; decisions apply when they are read: ``polls.decisions``. A text that
    nobody sends any more takes its decision with it. Rows outlive their poll for a while: see
    :class:`polls.models.PollRemoval`.
    """

    # No separate index: that of the constraint below begins with it.
    poll = models.ForeignKey(
        "polls.Poll",
        models.DO_NOTHING,
        related_name="decisions",
        db_index=False,
        db_constraint=False,
    )
    group = models.CharField(max_length=4, choices=DecisionGroup.choices)
    key = models.TextField()
    verdict = models.CharField(max_length=7, choices=Verdict.choices)
    # The word that a merged word counts as: its key, and as the host wrote it.
    target = models.TextField(blank=True)
    target_text = models.TextField(blank=True)
    decided_at = models.DateTimeField()
    decided_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=["poll", "group", "key"], name="polls_one_decision_per_key"
            ),
            models.CheckConstraint(
                name="polls_decision_targets_of_merged_words",
                condition=Q(group="word", verdict="merged") & ~Q(target="")
                | Q(target="", target_text="") & ~Q(verdict="merged"),
            ),
        ]
        indexes = [
            models.Index(
                fields=["poll", "-id"],
                name="polls_newest_shown_texts",
                condition=Q(group="text", verdict="shown"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.verdict}: {self.key}"
