"""The turnout report for staff: votes by option and by time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from django.utils import timezone

from apikit.actors import Actor
from apikit.errors import ForbiddenError
from apikit.registries import Provider
from polls.models import Poll
from polls.selectors import get_poll_for
from polls.tally import Tally, count_tally

Step = Literal["minute", "hour", "day", "month"]

# Counting by time reads every ballot; polls with more ballots have no counts by time.
COUNTED_BY_TIME_MAX = 100_000
# With more rows than this, the next longer step is used.
STEPS_SHOWN_MAX = 150

# The longest opening time for which a step is used.
_LONGEST: dict[Step, timedelta] = {
    "minute": timedelta(hours=1),
    "hour": timedelta(days=3),
    "day": timedelta(days=100),
    "month": timedelta.max,
}


def _no_turnout(poll_id: UUID, step: Step) -> list[tuple[datetime, int]]:
    return []


# Returns (time, ballots since then) for each step; implemented by the votes app above.
turnout_lookup = Provider(_no_turnout)


@dataclass(frozen=True, slots=True)
class TurnoutReport:
    """The turnout of a poll. ``by_time`` is None if there are too many ballots to count."""

    poll: Poll
    tally: Tally
    step: Step
    by_time: list[tuple[datetime, int]] | None

    @property
    def busiest(self) -> int:
        """The largest number of ballots in a step, at least 1, to scale the others."""
        return max((count for _, count in self.by_time or []), default=0) or 1


def get_turnout_report(actor: Actor, poll_id: UUID) -> TurnoutReport:
    """Return the turnout report of a poll; three queries.

    They read the poll, its options, and its votes. The last is skipped for polls with more than
    COUNTED_BY_TIME_MAX ballots, and repeated if the first step results in too many rows.

    :raises ForbiddenError: unless ``actor`` is staff.
    :raises PollNotFoundError: if there is no such poll.
    """
    if not actor.is_staff:
        raise ForbiddenError
    poll = get_poll_for(actor, poll_id)
    step: Step = "month"
    by_time = None
    if poll.ballot_count <= COUNTED_BY_TIME_MAX:
        step, by_time = _count_by_time(poll)
    tally = count_tally(poll, poll.options.all())
    return TurnoutReport(poll=poll, tally=tally, step=step, by_time=by_time)


def _count_by_time(poll: Poll) -> tuple[Step, list[tuple[datetime, int]]]:
    """Return the shortest step that fits, and the non-empty steps with their ballots."""
    span = (poll.closed_at or timezone.now()) - (poll.opened_at or poll.created_at)
    fitting = [step for step, longest in _LONGEST.items() if span <= longest]
    for step in fitting:
        by_time = turnout_lookup(poll.id, step)
        if len(by_time) <= STEPS_SHOWN_MAX:
            break
    return step, by_time
