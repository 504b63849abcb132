"""Builds the timeline of a poll from the samples of its tally."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from polls.models import Poll
from votes.wire import OptionSeries, Timeline, TimelinePoint

MIN_POINTS = 2
MAX_POINTS = 1000
DEFAULT_POINTS = 200
# The limit of points times options: polls with many options have fewer points.
MAX_NUMBERS = 10_000


@dataclass(frozen=True, slots=True)
class Moment:
    """When a tally reached a version."""

    version: int
    at: datetime


@dataclass(frozen=True, slots=True)
class TallyState:
    """A tally at a moment.

    ``counts`` maps option ids (32 hex digits, as samples store them) to votes; options that are
    missing had none.
    """

    moment: Moment
    ballot_count: int
    counts: Mapping[str, int]


def read_timeline(poll: Poll, points: int) -> Timeline:
    """Reads the timeline of a poll with prefetched options; two queries.

    It has at most ``points`` points, and at most MAX_NUMBERS counts for all options together. It
    begins without votes when the poll opened, and ends with the present tally.
    """
    newest = _newest(poll)
    if poll.tallied_at is None:
        return _as_timeline(poll, [newest])
    rows = poll.samples.filter(version__lt=poll.version).order_by("version")
    sampled = [Moment(version, at) for version, at in rows.values_list("version", "at")]
    moments = [*sampled, newest.moment]
    began_at = min(poll.opened_at or poll.created_at, moments[0].at)
    points = max(MIN_POINTS, min(points, MAX_NUMBERS // max(len(newest.counts), 1)))
    kept = thin([Moment(0, began_at), *moments], points)
    samples = rows.filter(version__in=[moment.version for moment in kept[:-1]])
    columns = samples.values_list("version", "at", "ballot_count", "counts")
    states = [TallyState(kept[0], 0, {}), *(_state_of(*row) for row in columns), newest]
    return _as_timeline(poll, states)


def thin(moments: Sequence[Moment], count: int) -> list[Moment]:
    """Selects at most ``count`` moments, including the first and the last.

    Spaced evenly by the mean of time and version, so that neither hours without votes nor a burst
    within a second take all places.
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
        # The last moment of each place is kept.
        kept[min(int(way / 2 * places), places - 1)] = moment
    return [first, *kept.values()]


def _newest(poll: Poll) -> TallyState:
    at = poll.tallied_at or poll.opened_at or poll.created_at
    counts = {option.id.hex: option.vote_count for option in poll.options.all()}
    return TallyState(Moment(poll.version, at), poll.ballot_count, counts)


def _state_of(version: int, at: datetime, ballot_count: int, counts: Any) -> TallyState:
    return TallyState(Moment(version, at), ballot_count, counts)


def _as_timeline(poll: Poll, states: Sequence[TallyState]) -> Timeline:
    options = [
        OptionSeries(
            id=option.id,
            text=option.text,
            vote_counts=tuple(state.counts.get(option.id.hex, 0) for state in states),
        )
        for option in poll.options.all()
    ]
    totals = [sum(option.vote_counts[index] for option in options) for index in range(len(states))]
    return Timeline(
        poll_id=poll.id,
        question=poll.question,
        points=tuple(
            TimelinePoint(
                at=state.moment.at,
                version=state.moment.version,
                ballot_count=state.ballot_count,
                total_votes=total,
            )
            for state, total in zip(states, totals, strict=True)
        ),
        options=tuple(options),
    )
