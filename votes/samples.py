"""Samples: how tallies stood, kept now and then, to show later how a vote developed.

Time is cut into intervals, and of each in which a tally changed the last state is kept. That it
was the last is known with the first change after it, which is when it is written. The newest
state of all is the tally itself.

Intervals last a second at first and twice as long after every ``SAMPLES_PER_LENGTH`` samples. So
the number of a poll's samples grows with the logarithm of the time in which people vote, whatever
their votes (at most 5,100 in a year); time in which nobody votes costs nothing, and a burst of
votes is seen second by second though the poll was open for days before.
"""

from collections.abc import Sequence
from datetime import datetime

from polls.models import Option, Poll
from votes.models import TallySample

SAMPLES_PER_LENGTH = 300

Tallies = Sequence[tuple[Poll, Sequence[Option]]]


def interval_s(sample_count: int) -> int:
    """How many seconds an interval lasts after so many samples."""
    return 1 << (sample_count // SAMPLES_PER_LENGTH)


def keep_samples(tallies: Tallies, now: datetime) -> None:
    """Keeps those of ``tallies`` that a change at ``now`` leaves behind in an earlier interval.

    The polls have to be locked, and the tallies as they were before the change; what it notes on
    the polls is to be saved with the version. One query where samples are due, otherwise none.
    """
    moment = latest([now, *(poll.tallied_at for poll, _ in tallies)])
    due = [(poll, options) for poll, options in tallies if _is_left_behind(poll, moment)]
    if due:
        TallySample.objects.bulk_create([_sample(poll, options) for poll, options in due])
    for poll, _ in due:
        poll.sample_count += 1
    for poll, _ in tallies:
        poll.tallied_at = moment


def latest(moments: Sequence[datetime | None]) -> datetime:
    """The latest that there is: clocks of several machines differ, and time must not go back."""
    return max(moment for moment in moments if moment is not None)


def _is_left_behind(poll: Poll, moment: datetime) -> bool:
    if poll.tallied_at is None:
        return False
    length_s = interval_s(poll.sample_count)
    return int(moment.timestamp()) // length_s > int(poll.tallied_at.timestamp()) // length_s


def _sample(poll: Poll, options: Sequence[Option]) -> TallySample:
    assert poll.tallied_at is not None
    return TallySample(
        poll=poll,
        version=poll.version,
        at=poll.tallied_at,
        counts={option.id.hex: option.vote_count for option in options if option.vote_count},
        ballot_count=poll.ballot_count,
    )
