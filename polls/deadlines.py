"""Opens and closes polls whose deadline has passed."""

from datetime import datetime

from django.db import transaction
from django.db.models import Min, Q
from django.utils import timezone

from apikit.recurring import record_run, recurring
from polls import lifecycle
from polls.models import Poll, PollState
from polls.transitions import move

DEADLINES = "poll_deadlines"
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
    count = 0
    for poll_id in list(due.values_list("id", flat=True)[:DUE_AT_ONCE]):
        with transaction.atomic():
            poll = Poll.objects.select_for_update().filter(id=poll_id).first()
            if poll is not None:
                count += apply_deadlines_of(poll, now)
    if count:
        record_run(DEADLINES, count)


def apply_deadlines_of(poll: Poll, now: datetime) -> bool:
    """Close or open a locked poll whose deadline has passed, and publish the change.

    Returns False if neither was due, for instance because another process was faster.
    """
    is_closed = move(poll, lifecycle.close_on_time, now, "poll.closed", actor=None)
    return is_closed or move(poll, lifecycle.open_on_time, now, "poll.opened", actor=None)


@recurring(DEADLINES, "opens and closes polls at their times")
def next_deadline() -> datetime | None:
    """Return the first time at which a poll opens or closes."""
    published = Poll.objects.filter(state=PollState.OPEN)
    opens = published.filter(opened_at=None).aggregate(first=Min("opens_at"))["first"]
    closes = published.aggregate(first=Min("closes_at"))["first"]
    return min((each for each in (opens, closes) if each is not None), default=None)
