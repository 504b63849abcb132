from django.db import models
from django.db.models import F, Q

from accounts.models import User
from apikit.ids import new_id
from apikit.searching import SearchableField, SearchableModel
from polls.host_models import OPTION_MAX_CHARS, DecisionGroup, HostDecision, Suggestion, Verdict
from workspaces.models import Project, Workspace

__all__ = [
    "OPTION_MAX_CHARS",
    "AbuseReason",
    "AbuseReport",
    "AbuseReportState",
    "Cell",
    "DecisionGroup",
    "HostDecision",
    "Option",
    "ParticipantOptions",
    "Picture",
    "PictureContent",
    "Poll",
    "PollKind",
    "PollRemoval",
    "PollState",
    "ResultsVisibility",
    "Suggestion",
    "Verdict",
]

QUESTION_MIN_CHARS = 3
QUESTION_MAX_CHARS = 500
OPTION_MAX_LIMIT = 1_000_000
PICTURE_ALT_MAX_CHARS = 300
ABUSE_NOTE_MAX_CHARS = 500
MIN_OPTIONS = 2
MAX_OPTIONS = 50


class PollKind(models.TextChoices):
    """The kinds of polls; ``polls.kinds`` says what they take, count and show."""

    SINGLE = "single"
    MULTIPLE = "multiple"
    RATING = "rating"
    RANKING = "ranking"
    POINTS = "points"
    NUMERIC = "numeric"
    WORD_CLOUD = "word_cloud"
    OPEN_TEXT = "open_text"
    HOTSPOT = "hotspot"
    DATES = "dates"
    QUESTIONS = "questions"


class PollState(models.TextChoices):
    DRAFT = "draft"
    OPEN = "open"
    CLOSED = "closed"


class ResultsVisibility(models.TextChoices):
    """When people see the results; the creator and staff always see them."""

    ALWAYS = "always"
    AFTER_VOTE = "after_vote"
    AFTER_CLOSE = "after_close"
    OWNER = "owner"


class ParticipantOptions(models.TextChoices):
    """Whether participants can add options: not, once the host approves them, or at once."""

    NONE = "none"
    APPROVAL = "approval"
    OPEN = "open"


class Picture(models.Model):
    """A picture of options or of a hotspot, as ``polls.pictures`` has encoded it.

    Whoever knows its unguessable ``token`` can load it; its content never changes. One that nothing
    uses is deleted after a day.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    token = models.CharField(max_length=43, unique=True)
    # Who uploaded it; null once that account is deleted.
    owner = models.ForeignKey(User, models.SET_NULL, null=True, related_name="pictures")
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    size_bytes = models.PositiveIntegerField()
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.width} × {self.height}"


class PictureContent(models.Model):
    """The bytes of a picture, in a table of their own: polls are read together with pictures."""

    picture = models.OneToOneField(
        Picture, models.CASCADE, primary_key=True, related_name="content"
    )
    webp = models.BinaryField()

    def __str__(self) -> str:
        return str(self.picture_id)


class Poll(SearchableModel):
    """A question with its settings, state and totals.

    Only the vote writer saves ``version``, ``ballot_count``, ``tallied_at`` and ``sample_count``.
    ``revision`` rises with every other change. ``state`` is the last recorded state;
    ``polls.lifecycle.state_at`` also takes deadlines into account.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    creator = models.ForeignKey(User, models.PROTECT, related_name="polls")
    # The team it belongs to, and where; both or neither. Removing them removes the polls first.
    project = models.ForeignKey(
        Project, models.PROTECT, null=True, blank=True, related_name="polls", db_index=False
    )
    workspace = models.ForeignKey(
        Workspace, models.PROTECT, null=True, blank=True, related_name="polls", db_index=False
    )
    question = models.CharField(max_length=QUESTION_MAX_CHARS)
    searchable_question = SearchableField(of="question")
    kind = models.CharField(max_length=10, choices=PollKind.choices, default=PollKind.SINGLE)
    max_choices = models.PositiveSmallIntegerField(default=1)
    # Checked by the kind: polls.kind_settings.
    settings = models.JSONField(default=dict, blank=True)
    # For single and multiple choice; for questions, settings.needsApproval decides.
    participant_options = models.CharField(
        max_length=8, choices=ParticipantOptions.choices, default=ParticipantOptions.NONE
    )
    # That people mark places on, for hotspots.
    picture = models.ForeignKey(
        Picture, models.SET_NULL, null=True, blank=True, related_name="polls", db_index=False
    )
    picture_alt = models.CharField(max_length=PICTURE_ALT_MAX_CHARS, blank=True, default="")
    allow_change = models.BooleanField(default=False)
    results_visibility = models.CharField(
        max_length=12, choices=ResultsVisibility.choices, default=ResultsVisibility.ALWAYS
    )
    state = models.CharField(max_length=6, choices=PollState.choices, default=PollState.DRAFT)
    opens_at = models.DateTimeField(null=True, blank=True)
    closes_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    join_code = models.CharField(max_length=12)
    # Which sites may embed it in a frame: polls.embedding.
    embed_origins = models.JSONField(default=list, blank=True)
    version = models.PositiveBigIntegerField(default=0)
    revision = models.PositiveBigIntegerField(default=1)
    ballot_count = models.PositiveBigIntegerField(default=0)
    # When the tally last changed, and its number of samples: votes.samples.
    tallied_at = models.DateTimeField(null=True, editable=False)
    sample_count = models.PositiveIntegerField(default=0, editable=False)
    # Questions that people voted on before it was edited: polls.wording.
    earlier_questions = models.JSONField(default=list, editable=False)
    # How many of its options the host has removed: ShownOptions leaves them out.
    removed_option_count = models.PositiveSmallIntegerField(default=0, editable=False)
    # Rises with what only hosts see: suggestions, and refusing them.
    host_revision = models.PositiveBigIntegerField(default=0, editable=False)
    hidden_at = models.DateTimeField(null=True, blank=True)
    # Only staff see the reason. The message is for the creator.
    hidden_reason = models.CharField(max_length=500, blank=True)
    hidden_message = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=["join_code"],
                name="polls_one_join_code_among_the_living",
                condition=~Q(state="closed"),
            ),
            models.CheckConstraint(
                name="polls_single_means_one",
                condition=Q(kind="single", max_choices=1)
                | (~Q(kind="single") & Q(max_choices__gte=1)),
            ),
            models.CheckConstraint(
                name="polls_of_a_project_have_a_workspace",
                condition=Q(project__isnull=True, workspace__isnull=True)
                | Q(project__isnull=False, workspace__isnull=False),
            ),
            models.CheckConstraint(
                name="polls_opens_before_it_closes",
                condition=Q(opens_at__isnull=True)
                | Q(closes_at__isnull=True)
                | Q(opens_at__lt=F("closes_at")),
            ),
        ]
        indexes = [
            models.Index(fields=["join_code"], name="polls_by_join_code"),
            models.Index(
                fields=["project", "id"],
                name="polls_of_project",
                condition=Q(project__isnull=False),
            ),
            models.Index(
                fields=["workspace", "id"],
                name="polls_of_workspace",
                condition=Q(workspace__isnull=False),
            ),
            # For queries that every process repeats every second.
            models.Index(
                fields=["opens_at"],
                name="polls_about_to_open",
                condition=Q(state="open", opened_at__isnull=True),
            ),
            models.Index(
                fields=["closes_at"],
                name="polls_about_to_close",
                condition=Q(state="open", closes_at__isnull=False),
            ),
            models.Index(
                fields=["picture"],
                name="polls_with_picture",
                condition=Q(picture__isnull=False),
            ),
            # For the start page of the admin.
            models.Index(
                fields=["hidden_at"],
                name="polls_recently_hidden",
                condition=Q(hidden_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.question

    @property
    def is_published(self) -> bool:
        return self.state != PollState.DRAFT

    @property
    def has_votes(self) -> bool:
        return self.ballot_count > 0


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


class AbuseReason(models.TextChoices):
    """Why a user reports a poll."""

    SPAM = "spam"
    HATE = "hate", "Hate or harassment"
    PERSONAL = "personal", "Personal data"
    MISLEADING = "misleading", "False or misleading"
    OTHER = "other", "Something else"


class AbuseReportState(models.TextChoices):
    """The decision of moderators about a report."""

    OPEN = "open"
    RESOLVED = "resolved"
    DISMISSED = "dismissed"


class AbuseReport(SearchableModel):
    """A user's complaint about a poll, for moderators.

    At most one per user and poll. Deleted with either of them.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # No index of its own, because the unique constraint starts with it.
    poll = models.ForeignKey(Poll, models.CASCADE, related_name="abuse_reports", db_index=False)
    reporter = models.ForeignKey(User, models.CASCADE, related_name="abuse_reports")
    reason = models.CharField(max_length=10, choices=AbuseReason.choices)
    note = models.CharField(max_length=ABUSE_NOTE_MAX_CHARS, blank=True)
    searchable_note = SearchableField(of="note")
    state = models.CharField(
        max_length=9, choices=AbuseReportState.choices, default=AbuseReportState.OPEN
    )
    created_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=["poll", "reporter"], name="polls_one_abuse_report_per_person"
            ),
            models.CheckConstraint(
                name="polls_abuse_report_open_until_decided",
                condition=Q(state="open", decided_at__isnull=True)
                | (~Q(state="open") & Q(decided_at__isnull=False)),
            ),
        ]
        indexes = [
            # For the queue on the start page of the admin.
            models.Index(fields=["id"], name="polls_open_abuse_reports", condition=Q(state="open")),
        ]

    def __str__(self) -> str:
        return f"{self.get_reason_display()}: {self.poll_id}"
