from django.db import models


class IdempotencyRecord(models.Model):
    """The answer to a write that came with an ``Idempotency-Key``.

    Written in the transaction of the write itself, so that the two exist together or not at
    all. ``scope`` says whose key it is, ``fingerprint`` what was asked for.
    """

    scope = models.CharField(max_length=64)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    answer = models.BinaryField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scope", "key"], name="apikit_one_answer_per_key")
        ]
        indexes = [models.Index(fields=["created_at"], name="apikit_answers_by_age")]

    def __str__(self) -> str:
        return f"{self.scope}: {self.key}"


class PruningState(models.Model):
    """How far the pruning of one kind of rows has come: ``apikit.pruning``.

    ``leased_until`` is in the future while a process is at it, ``position`` says where it goes on;
    empty at the beginning of a pass.
    """

    kind = models.CharField(max_length=40, primary_key=True)
    leased_until = models.DateTimeField()
    next_run_at = models.DateTimeField()
    position = models.CharField(max_length=64, blank=True, default="")

    def __str__(self) -> str:
        return self.kind


class StorageProbe(models.Model):
    """The row that ``apikit.storage_probe`` overwrites to see whether writes succeed."""

    filler = models.BinaryField()

    def __str__(self) -> str:
        return f"{len(self.filler)} bytes"
