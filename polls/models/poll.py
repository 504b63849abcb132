from django.db import models
from django.db.models import F, Q

from accounts.models import User
from apikit.ids import new_id
from apikit.searching import SearchableField, SearchableModel
from polls.models.picture import PICTURE_ALT_MAX_CHARS, Picture
from workspaces.models import Project, Workspace

QUESTION_MIN_CHARS = 3
QUESTION_MAX_CHARS = 500


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
