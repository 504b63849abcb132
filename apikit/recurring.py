"""Work that every process does again and again, such as closing polls at their deadline.

It runs once a second or so, in whichever process is first, and is cheap while there is nothing to
do. So it has no times of its own: ``next_run_at`` is when there will be something to do, and the
last run is the last one that did something, which :func:`record_run` writes. The admin shows both.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from apikit.models import RecurringRun
from apikit.registries import Registry

NextRun = Callable[[], datetime | None]


@dataclass(frozen=True, slots=True)
class RecurringWork:
    """A kind of work; ``next_run_at`` returns None while nothing is to be done."""

    name: str
    description: str
    next_run_at: NextRun


RECURRING_WORK: Registry[str, RecurringWork] = Registry("recurring work")


def recurring(name: str, description: str) -> Callable[[NextRun], NextRun]:
    """Register a function that returns when there is something to do; one query."""

    def register(next_run_at: NextRun) -> NextRun:
        RECURRING_WORK.register(name, RecurringWork(name, description, next_run_at))
        return next_run_at

    return register


def record_run(name: str, count: int) -> None:
    """Store that the work was done now, on ``count`` objects; call it outside of its transaction.

    Processes would wait for each other's transactions at the row otherwise.
    """
    last_run = {"last_run_at": timezone.now(), "last_count": count}
    RecurringRun.objects.update_or_create(name=name, defaults=last_run)
