"""Timelines: how a vote developed, from the samples of its tally."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from polls.models import Poll
from votes.models import TallySample
from votes.wire import OptionSeries, Timeline, TimelinePoint

MIN_POINTS = 2
MAX_POINTS = 1000
DEFAULT_POINTS = 200


@dataclass(frozen=True, slots=True)
class Moment:
    """When a tally came to a version."""

    version: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Stand:
    """How a tally stood at a moment; options that aren't in ``counts`` had no votes."""

    moment: Moment
    ballot_count: int
    counts: Mapping[UUID, int]


def read_timeline(poll: Poll, points: int) -> Timeline:
    """The timeline of a poll that comes with its options, of at most ``points``; two queries.

    It begins when the poll opened, with nothing, and ends with the tally as it stands.
    """
    newest = _newest(poll)
    if poll.tallied_at is None:
        return _as_timeline(poll, [newest])
    rows = poll.samples.filter(version__lt=poll.version).order_by("version")
    sampled = [Moment(version, at) for version, at in rows.values_list("version", "at")]
    moments = [*sampled, newest.moment]
    began_at = min(poll.opened_at or poll.created_at, moments[0].at)
    kept = thin([Moment(0, began_at), *moments], points)
    samples = rows.filter(version__in=[moment.version for moment in kept[:-1]])
    stands = [Stand(kept[0], 0, {}), *map(_stand_of, samples), newest]
    return _as_timeline(poll, stands)


def thin(moments: Sequence[Moment], count: int) -> list[Moment]:
    """At most ``count`` of them, the first and the last among these.

    Evenly over time and versions together: neither hours in which nothing happens nor a burst
    within a second takes all of the places.
    """
    if len(moments) <= count:
        return list(moments)
    first, last = moments[0], moments[-1]
    duration = (last.at - first.at).total_seconds() or 1.0
    changes = last.version - first.version
    places = count - 1
    kept: dict[int, Moment] = {}
    for moment in moments[1:]:
        way = (moment.at - first.at).total_seconds() / duration
        way += (moment.version - first.version) / changes
        # Of those with the same place the last stays.
        kept[min(int(way / 2 * places), places - 1)] = moment
    return [first, *kept.values()]


def _newest(poll: Poll) -> Stand:
    at = poll.tallied_at or poll.opened_at or poll.created_at
    counts = {option.id: option.vote_count for option in poll.options.all()}
    return Stand(Moment(poll.version, at), poll.ballot_count, counts)


def _stand_of(sample: TallySample) -> Stand:
    counts = {UUID(hex=key): count for key, count in sample.counts.items()}
    return Stand(Moment(sample.version, sample.at), sample.ballot_count, counts)


def _as_timeline(poll: Poll, stands: Sequence[Stand]) -> Timeline:
    options = [
        OptionSeries(
            id=option.id,
            text=option.text,
            vote_counts=tuple(stand.counts.get(option.id, 0) for stand in stands),
        )
        for option in poll.options.all()
    ]
    return Timeline(
        poll_id=poll.id,
        question=poll.question,
        points=tuple(
            TimelinePoint(
                at=stand.moment.at,
                version=stand.moment.version,
                ballot_count=stand.ballot_count,
                total_votes=sum(option.vote_counts[index] for option in options),
            )
            for index, stand in enumerate(stands)
        ),
        options=tuple(options),
    )
