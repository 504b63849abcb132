"""Webhooks, and the deliveries of events to them."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import User
from apikit.ids import new_id
from webhooks.event_types import TALLY_CHANGED
from workspaces.models import Project

NAME_MAX_CHARS = 100
URL_MAX_CHARS = 2000
EVENT_MAX_CHARS = 40
SECRET_MAX_CHARS = 100
# The first characters of a response, to find out why a delivery failed.
RESPONSE_MAX_CHARS = 1000


class WebhookFormat(models.TextChoices):
    """What requests contain: the event as JSON, or a message for a chat."""

    STANDARD = "standard", "Standard Webhooks"
    SLACK = "slack", "Slack"
    MATTERMOST = "mattermost", "Mattermost"
    MATRIX = "matrix", "Matrix (hookshot)"


class DisabledReason(models.TextChoices):
    OWNER = "owner", "Turned off"
    GONE = "gone", "The receiver answered 410"
    FAILING = "failing", "Failed for too long"
    STAFF = "staff", "Disabled by a moderator"


class Webhook(models.Model):
    """A URL that gets the events of an account's own polls, or of a project.

    ``revision`` rises with every change that its owners make. ``failing_since`` is the first
    failure after the last success, ``failure_count`` the number of them; until ``paused_until``
    nothing is sent.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(User, models.CASCADE, null=True, blank=True, related_name="webhooks")
    project = models.ForeignKey(
        Project, models.CASCADE, null=True, blank=True, related_name="webhooks"
    )
    name = models.CharField(max_length=NAME_MAX_CHARS, blank=True)
    url = models.CharField(max_length=URL_MAX_CHARS)
    format = models.CharField(max_length=10, choices=WebhookFormat.choices)
    # Of the messages for chats.
    language = models.CharField(max_length=5, choices=settings.LANGUAGES, default="en")
    events = models.JSONField(default=list)
    # Whether these events are among them, for queries.
    watches_tallies = models.BooleanField(default=False)
    watches_messages = models.BooleanField(default=False)
    # Tallies that changed before are not sent.
    tallies_since = models.DateTimeField()
    secret = models.CharField(max_length=SECRET_MAX_CHARS)
    # Requests are also signed with the secret before, for a while after it was replaced.
    previous_secret = models.CharField(max_length=SECRET_MAX_CHARS, blank=True, default="")
    previous_secret_until = models.DateTimeField(null=True, blank=True)
    disabled_at = models.DateTimeField(null=True, blank=True)
    disabled_reason = models.CharField(
        max_length=10, choices=DisabledReason.choices, blank=True, default=""
    )
    failing_since = models.DateTimeField(null=True, blank=True)
    failure_count = models.PositiveIntegerField(default=0)
    paused_until = models.DateTimeField(null=True, blank=True)
    last_delivered_at = models.DateTimeField(null=True, blank=True)
    # Events that were not queued, because too many waited.
    dropped_count = models.PositiveBigIntegerField(default=0)
    # The job that sent last, or sends now; without a foreign key, because jobs are pruned.
    job_id = models.UUIDField(null=True, blank=True)
    revision = models.PositiveBigIntegerField(default=1)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.CheckConstraint(
                name="webhooks_belong_to_an_account_or_a_project",
                condition=Q(owner__isnull=False, project__isnull=True)
                | Q(owner__isnull=True, project__isnull=False),
            )
        ]
        indexes = [
            models.Index(
                fields=["id"],
                name="webhooks_watching_tallies",
                condition=Q(watches_tallies=True, disabled_at=None),
            ),
            models.Index(
                fields=["id"],
                name="webhooks_watching_messages",
                condition=Q(watches_messages=True, disabled_at=None),
            ),
        ]

    def __str__(self) -> str:
        return self.name or str(self.id)

    @property
    def is_enabled(self) -> bool:
        return self.disabled_at is None


class DeliveryState(models.TextChoices):
    PENDING = "pending", "Pending"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Failed"


class Failure(models.TextChoices):
    """Why the last attempt failed."""

    STATUS = "status", "The receiver answered with an error"
    TIMEOUT = "timeout", "The receiver took too long"
    CONNECTION = "connection", "The receiver could not be reached"
    CERTIFICATE = "certificate", "The certificate of the receiver is not valid"
    ADDRESS = "address", "The host name does not lead to a public address"
    RESPONSE = "response", "The response was no valid HTTP"
    DISABLED = "disabled", "The webhook was disabled"


class Delivery(models.Model):
    """An event on its way to a webhook. The id is the message's id, the same in every attempt."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries", db_index=False)
    event = models.CharField(max_length=EVENT_MAX_CHARS)
    payload = models.JSONField()
    # Of tally.changed: at most one of each poll is pending.
    poll_id = models.UUIDField(null=True, blank=True)
    state = models.CharField(
        max_length=9, choices=DeliveryState.choices, default=DeliveryState.PENDING
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    attempted_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    failure = models.CharField(max_length=11, choices=Failure.choices, blank=True, default="")
    response_status = models.PositiveSmallIntegerField(null=True, blank=True)
    response_body = models.CharField(max_length=RESPONSE_MAX_CHARS, blank=True, default="")
    duration_ms = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["webhook", "poll_id"],
                name="webhooks_one_pending_tally_per_poll",
                condition=Q(event=TALLY_CHANGED, state="pending"),
            )
        ]
        indexes = [
            models.Index(fields=["webhook", "id"], name="webhooks_deliveries_of"),
            models.Index(
                fields=["webhook", "next_attempt_at"],
                name="webhooks_pending",
                condition=Q(state="pending"),
            ),
            models.Index(fields=["created_at"], name="webhooks_deliveries_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.id}"


class SentTally(models.Model):
    """The version of a poll's tally that was queued last for a webhook, and when."""

    webhook = models.ForeignKey(
        Webhook, models.CASCADE, related_name="sent_tallies", db_index=False
    )
    poll_id = models.UUIDField(db_index=True)
    version = models.PositiveBigIntegerField()
    queued_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        verbose_name_plural = "sent tallies"
        constraints = [
            models.UniqueConstraint(
                fields=["webhook", "poll_id"], name="webhooks_one_sent_tally_per_poll"
            )
        ]

    def __str__(self) -> str:
        return f"{self.poll_id}: {self.version}"
