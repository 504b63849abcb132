"""Jobs, the files they produce, and schedules."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from apikit.ids import new_id

TYPE_MAX_CHARS = 40
PROGRESS_MESSAGE_MAX_CHARS = 200
ERROR_MESSAGE_MAX_CHARS = 500
# Of a file that a job produces, stored in rows of this size.
CHUNK_BYTES = 256 * 1024


def seconds_from_now(seconds: float) -> models.Expression:
    """Return an expression for a time, by the clock of the database.

    Workers on machines whose clocks differ would take each other's jobs for lost.
    """
    if not seconds:
        # SQLite compares times as texts, and writes a sum with more digits than the time itself.
        return Now()
    moment = Now() + models.Value(timedelta(seconds=seconds))
    return models.ExpressionWrapper(moment, output_field=models.DateTimeField())


class JobState(models.TextChoices):
    QUEUED = "queued", "Queued"
    RUNNING = "running", "Running"
    SUCCEEDED = "succeeded", "Succeeded"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


UNFINISHED = (JobState.QUEUED, JobState.RUNNING)


class Job(models.Model):
    """Work in the background. This row decides who may do what; messages only announce it.

    While a worker runs it, ``worker`` names this attempt and the lease is in the future.
    ``jobs.states`` changes the state, with conditional updates.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    type = models.CharField(max_length=TYPE_MAX_CHARS)
    # None for jobs of the site itself, such as those of schedules.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )
    # Without a foreign key, because projects are in an app above.
    project_id = models.UUIDField(null=True, blank=True)
    payload = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=JobState.choices, default=JobState.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    # Not before: the time of the next attempt.
    run_at = models.DateTimeField()
    worker = models.CharField(max_length=100, blank=True, default="")
    leased_until = models.DateTimeField(null=True, blank=True)
    # Numbers the running jobs of an owner, which bounds how many there can be.
    slot = models.PositiveSmallIntegerField(null=True, blank=True)
    # The same for the running jobs of a type with a limit.
    type_slot = models.PositiveSmallIntegerField(null=True, blank=True)
    # In percent.
    progress = models.PositiveSmallIntegerField(default=0)
    progress_message = models.CharField(
        max_length=PROGRESS_MESSAGE_MAX_CHARS, blank=True, default=""
    )
    result = models.JSONField(null=True, blank=True)
    error_code = models.CharField(max_length=60, blank=True, default="")
    error_message = models.CharField(max_length=ERROR_MESSAGE_MAX_CHARS, blank=True, default="")
    # The idempotency key, and a digest of what was enqueued under it.
    key = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001 - unique if set
    fingerprint = models.CharField(max_length=64, blank=True, default="")
    # Rises with every change; ``changed_at`` is when, by the clock of the database.
    revision = models.PositiveBigIntegerField(default=1)
    changed_at = models.DateTimeField(db_default=Now(), editable=False)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(fields=["owner", "key"], name="jobs_one_job_per_key"),
            models.UniqueConstraint(
                fields=["key"], name="jobs_one_site_job_per_key", condition=Q(owner=None)
            ),
            models.UniqueConstraint(
                fields=["owner", "slot"],
                name="jobs_one_running_job_per_slot",
                condition=Q(state="running"),
            ),
            models.UniqueConstraint(
                fields=["type", "type_slot"],
                name="jobs_one_running_job_per_type_slot",
                condition=Q(state="running"),
            ),
            models.CheckConstraint(name="jobs_progress_in_percent", condition=Q(progress__lte=100)),
        ]
        indexes = [
            models.Index(fields=["owner", "id"], name="jobs_of_owner"),
            models.Index(
                fields=["project_id", "id"],
                name="jobs_of_project",
                condition=Q(project_id__isnull=False),
            ),
            models.Index(fields=["changed_at"], name="jobs_by_change"),
            models.Index(fields=["run_at"], name="jobs_due", condition=Q(state="queued")),
            models.Index(fields=["leased_until"], name="jobs_leased", condition=Q(state="running")),
            models.Index(
                fields=["finished_at"],
                name="jobs_by_age",
                condition=Q(finished_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.id}"

    @property
    def is_finished(self) -> bool:
        return self.state not in UNFINISHED


class JobFile(models.Model):
    """The file that a job produced. Its content is in the chunks."""

    job = models.OneToOneField(Job, models.CASCADE, primary_key=True, related_name="file")
    name = models.CharField(max_length=255)
    media_type = models.CharField(max_length=100)
    size_bytes = models.PositiveBigIntegerField()

    def __str__(self) -> str:
        return self.name


class JobFileChunk(models.Model):
    """``CHUNK_BYTES`` of a file, fewer at its end."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    file = models.ForeignKey(JobFile, models.CASCADE, related_name="chunks", db_index=False)
    position = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        ordering = ("file", "position")
        constraints = [
            models.UniqueConstraint(fields=["file", "position"], name="jobs_one_chunk_per_position")
        ]

    def __str__(self) -> str:
        return f"{self.file_id}: {self.position}"


class Upload(models.Model):
    """A file that a job of its owner reads, such as one to import. Its content is in the chunks.

    Expired uploads are pruned; a job reads it as often as it is tried.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    name = models.CharField(max_length=255)
    media_type = models.CharField(max_length=100)
    size_bytes = models.PositiveBigIntegerField()
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)
        indexes = [models.Index(fields=["created_at"], name="jobs_uploads_by_age")]

    def __str__(self) -> str:
        return self.name


class UploadChunk(models.Model):
    """``CHUNK_BYTES`` of an upload, fewer at its end."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    upload = models.ForeignKey(Upload, models.CASCADE, related_name="chunks", db_index=False)
    position = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        ordering = ("upload", "position")
        constraints = [
            models.UniqueConstraint(
                fields=["upload", "position"], name="jobs_one_upload_chunk_per_position"
            )
        ]

    def __str__(self) -> str:
        return f"{self.upload_id}: {self.position}"


class Schedule(models.Model):
    """When a scheduled task runs next. The row decides which process enqueues its job."""

    name = models.CharField(max_length=TYPE_MAX_CHARS, primary_key=True)
    next_run_at = models.DateTimeField()
    last_run_at = models.DateTimeField(null=True, blank=True)
    last_job = models.ForeignKey(
        Job, models.SET_NULL, null=True, blank=True, related_name="+", db_index=True
    )

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
