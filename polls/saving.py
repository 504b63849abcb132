"""Saves polls: their row except for what votes change, and with a join code of their own."""

from collections.abc import Callable
from datetime import datetime

from django.db import IntegrityError, transaction

from polls.join_codes import free_join_code, is_taken
from polls.models import Poll

# Saved by the vote writer only.
WRITERS_COLUMNS = {"ballot_count", "version", "tallied_at", "sample_count"}
JOIN_CODE_TRIES = 5


def save_change(poll: Poll, now: datetime) -> None:
    """Save a locked poll after any change except votes."""
    poll.revision += 1
    poll.updated_at = now
    poll.save(
        update_fields=[
            field.name
            for field in Poll._meta.concrete_fields
            if field.name not in {"id", *WRITERS_COLUMNS}
        ]
    )


def raise_host_revision(poll: Poll) -> None:
    """Raise the number of changes that only hosts see, of a locked poll."""
    poll.host_revision += 1
    poll.save(update_fields=["host_revision"])


def raise_version(poll: Poll) -> None:
    """Raise the version of a locked poll whose tally changed in more than its votes."""
    poll.version += 1
    poll.save(update_fields=["version"])


def save_with_join_code(poll: Poll, save: Callable[[], None]) -> None:
    """Save a poll with its join code, or a free one if it has none or another poll has it.

    Retries with another code if a concurrent transaction takes it.
    """
    for tries_left in reversed(range(JOIN_CODE_TRIES)):
        if not poll.join_code or is_taken(poll.join_code, except_by=poll.id):
            poll.join_code = free_join_code()
        try:
            with transaction.atomic():
                save()
            return
        except IntegrityError:
            if not tries_left:
                raise
