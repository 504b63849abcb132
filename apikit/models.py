from django.db import models


class IdempotencyRecord(models.Model):
    """The stored response to a write that came with an ``Idempotency-Key``.

    Committed in the transaction of the write, so that either both exist or neither. ``scope`` names
    the owner of the key, ``fingerprint`` is a digest of the request.
    """

    scope = models.CharField(max_length=64)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    # The column keeps its first name, which older processes use during a rolling restart.
    response = models.BinaryField(db_column="answer")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scope", "key"], name="apikit_one_answer_per_key")
        ]
        indexes = [models.Index(fields=["created_at"], name="apikit_answers_by_age")]

    def __str__(self) -> str:
        return f"{self.scope}: {self.key}"


class PruningState(models.Model):
    """The progress of pruning one kind of rows: see ``apikit.pruning``.

    ``leased_until`` is in the future while a process prunes. ``position`` is where the next batch
    starts; empty at the beginning of a pass. ``last_run_at`` is when the last run ended, and
    ``last_count`` how many rows it deleted.
    """

    kind = models.CharField(max_length=40, primary_key=True)
    leased_until = models.DateTimeField()
    next_run_at = models.DateTimeField()
    position = models.CharField(max_length=64, blank=True, default="")
    last_run_at = models.DateTimeField(null=True)
    last_count = models.PositiveBigIntegerField(default=0, db_default=0)

    def __str__(self) -> str:
        return self.kind


class RecurringRun(models.Model):
    """When recurring work was last done, and on how many objects: see ``apikit.recurring``."""

    name = models.CharField(max_length=40, primary_key=True)
    last_run_at = models.DateTimeField()
    last_count = models.PositiveBigIntegerField()

    def __str__(self) -> str:
        return self.name


class StorageProbe(models.Model):
    """The row that ``apikit.storage_probe`` overwrites to check that writes succeed."""

    filler = models.BinaryField()

    def __str__(self) -> str:
        return f"{len(self.filler)} bytes"
