"""Wakes workers up when a job is due: in this process, or over Redis.

A message can be lost: workers look for due jobs every two seconds by themselves.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from uuid import UUID

from django.conf import settings

from apikit.background import BackgroundQueue, report_failure
from jobs import broker

WORK = "job_messages"
MAX_QUEUED = 1000
FLUSH_TIMEOUT_S = 2.0

# Wakes the worker of this process up, if it has one.
_wake_local: Callable[[], None] | None = None


def set_local_worker(wake: Callable[[], None] | None) -> None:
    """Set how to wake the worker of this process up; None if it has none any more."""
    global _wake_local  # noqa: PLW0603 - one for each process
    _wake_local = wake


def announce(job_id: UUID) -> None:
    """Tell a worker about a queued job; returns at once. Call it after the commit."""
    if _wake_local is not None:
        _wake_local()
    elif settings.REDIS_URL:
        # In a thread, so that no request waits for Redis.
        _messages().put(job_id)


@cache
def _messages() -> BackgroundQueue[UUID]:
    return BackgroundQueue(
        WORK, _open_sender, _report_unsent, maximum=MAX_QUEUED, flush_timeout_s=FLUSH_TIMEOUT_S
    )


@contextmanager
def _open_sender() -> Iterator[Callable[[UUID], None]]:
    yield broker.send


def _report_unsent(job_id: UUID, error: Exception) -> None:
    # redis-py's errors are no OSErrors, but need no traceback either.
    report_failure(WORK, OSError(str(error)), "job not announced", job_id=str(job_id))
