"""Turnout, for staff: how many came, what they chose, and when."""

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

# Counting by time reads every ballot; beyond this many it is left out.
COUNTED_BY_TIME_MAX = 100_000
# More lines than this are no report; then the steps are longer ones.
STEPS_SHOWN_MAX = 150

# The longest time a poll may have been open for its turnout to be told in these steps.
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
    """``by_time`` is None where there are too many ballots to count by time."""

    poll: Poll
    tally: Tally
    step: Step
    by_time: list[tuple[datetime, int]] | None

    @property
    def busiest(self) -> int:
        """The most ballots of any step; 1 at least, to measure others by."""
        return max((count for _, count in self.by_time or []), default=0) or 1


def get_turnout_report(actor: Actor, poll_id: UUID) -> TurnoutReport:
    """Three queries: the poll, its options, and one over its votes, which is left out for polls
    with more than COUNTED_BY_TIME_MAX ballots, and repeated for a poll that was open for longer
    than its times say. The counts are those kept with the poll.

    :raises ForbiddenError: unless ``actor`` is staff.
    :raises PollNotFoundError: when there is no such poll.
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
    """The shortest steps that fit, and the ballots of each in which there were any."""
    span = (poll.closed_at or timezone.now()) - (poll.opened_at or poll.created_at)
    fitting = [step for step, longest in _LONGEST.items() if span <= longest]
    for step in fitting:
        by_time = turnout_lookup(poll.id, step)
        if len(by_time) <= STEPS_SHOWN_MAX:
            break
    return step, by_time
