from django.db import models
from django.db.models import Q

from accounts.models import User
from apikit.ids import new_id
from apikit.searching import SearchableField, SearchableModel
from polls.models.poll import Poll

ABUSE_NOTE_MAX_CHARS = 500


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
