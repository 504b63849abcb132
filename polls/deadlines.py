"""Opens and closes polls whose deadline has passed."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from polls import lifecycle
from polls.models import Poll, PollState
from polls.transitions import move

# How many deadlines are applied per call; the next call does the rest.
DUE_AT_ONCE = 100


def apply_deadlines() -> None:
    """Open and close what is due, and publish it; one query while nothing is.

    Voting does not wait for this: the writer looks at the clock itself. Any number of processes
    may call it at once; the lock lets one of them be the first.
    """
    now = timezone.now()
    due = Poll.objects.filter(
        Q(state=PollState.OPEN, opened_at=None, opens_at__lte=now)
        | Q(state=PollState.OPEN, closes_at__lte=now)
    )
    for poll_id in list(due.values_list("id", flat=True)[:DUE_AT_ONCE]):
        with transaction.atomic():
            poll = Poll.objects.select_for_update().filter(id=poll_id).first()
            if poll is not None:
                apply_deadlines_of(poll, now)


def apply_deadlines_of(poll: Poll, now: datetime) -> None:
    """Close or open a locked poll whose deadline has passed, and publish the change."""
    if not move(poll, lifecycle.close_on_time, now, "poll.closed", actor=None):
        move(poll, lifecycle.open_on_time, now, "poll.opened", actor=None)
