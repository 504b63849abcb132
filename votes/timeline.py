"""Builds the timeline of a poll from the samples of its tally."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from apikit.wire import encode_wire
from polls.cells import kind_of, read_tally, view_cells
from polls.decisions import TEXT, visible_texts
from polls.kinds.base import Cells, Kind
from polls.kinds.registry import CHOICES, KindTally
from polls.models import Poll
from votes.samples import stored_cells
from votes.wire import OptionSeries, Timeline, TimelinePoint

MIN_POINTS = 2
MAX_POINTS = 1000
DEFAULT_POINTS = 200
# The limit of points times options: polls with many options have fewer points.
MAX_NUMBERS = 10_000
# The limit of all views together, as JSON: about as many numbers, with their names. So kinds with
# large views have fewer points.
MAX_VIEW_BYTES = 20 * MAX_NUMBERS
# Samples of kinds with cells are large, so only so many are in memory at once.
SAMPLES_AT_ONCE = 50
_SAMPLE_COLUMNS = ("version", "at", "ballot_count", "counts")


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
    tally: KindTally | None = None


def read_timeline(poll: Poll, points: int, *, has_views: bool = True) -> Timeline:
    """Reads the timeline of a poll with prefetched options; ``has_views`` adds ``tally`` to points.

    It has at most ``points`` points, and at most MAX_NUMBERS counts for all options together. It
    begins without votes when the poll opened, and ends with the present tally. Two queries
    without views. Views have at most MAX_VIEW_BYTES together, and need the queries of
    ``read_tally``, and one more each time that they turn out to be larger than the present one.
    """
    kind = kind_of(poll, poll.options.all()) if has_views else None
    newest = _newest(poll, kind)
    if poll.tallied_at is None:
        return _as_timeline(poll, [newest])
    rows = poll.samples.filter(version__lt=poll.version).order_by("version")
    sampled = [Moment(version, at) for version, at in rows.values_list("version", "at")]
    moments = [*sampled, newest.moment]
    began_at = min(poll.opened_at or poll.created_at, moments[0].at)
    moments = [Moment(0, began_at), *moments]
    first = _state(kind, moments[0], 0, {})
    most = MAX_NUMBERS // max(len(newest.counts), 1)
    if kind is not None:
        most = min(most, MAX_VIEW_BYTES // max(_size(first), _size(newest)))
    points = max(MIN_POINTS, min(points, most))
    between = _read_states(poll, kind, thin(moments, points))
    while between is None:
        points = max(MIN_POINTS, points // 2)
        between = _read_states(poll, kind, thin(moments, points))
    return _as_timeline(poll, [first, *between, newest])


def _read_states(
    poll: Poll, kind: Kind | None, kept: Sequence[Moment]
) -> Sequence[TallyState] | None:
    """Reads the states between the first and the last moment; None if their views are too large."""
    versions = [moment.version for moment in kept[1:-1]]
    rows = poll.samples.order_by("version").values_list(*_SAMPLE_COLUMNS)
    if kind is None:
        found = rows.filter(version__in=versions)
        return [_state(None, Moment(*row[:2]), *row[2:]) for row in found]
    states: list[TallyState] = []
    left_bytes = MAX_VIEW_BYTES
    for start in range(0, len(versions), SAMPLES_AT_ONCE):
        found = rows.filter(version__in=versions[start : start + SAMPLES_AT_ONCE])
        for state in _with_views(poll, kind, found.values_list(*_SAMPLE_COLUMNS, "cells")):
            left_bytes -= _size(state)
            if left_bytes < 0:
                return None
            states.append(state)
    return states


def _with_views(poll: Poll, kind: Kind, rows: Iterable[tuple[Any, ...]]) -> Iterator[TallyState]:
    """Yields the states of samples, without texts that people do not see now.

    One query, and another for texts.
    """
    samples = [(row, stored_cells(cells)) for *row, cells in rows]
    texts = {cell.key for _, cells in samples for cell in cells if cell.group == TEXT}
    hidden = texts - visible_texts(poll.id, kind, texts)
    for row, cells in samples:
        shown = {
            cell: count
            for cell, count in cells.items()
            if cell.group != TEXT or cell.key not in hidden
        }
        version, at, ballot_count, counts = row
        yield _state(kind, Moment(version, at), ballot_count, counts, shown)


def _state(
    kind: Kind | None,
    moment: Moment,
    ballot_count: int,
    counts: Mapping[str, int],
    cells: Cells = MappingProxyType({}),
) -> TallyState:
    """The state with the view of a sample's cells, as people saw it while they voted."""
    if kind is None:
        return TallyState(moment, ballot_count, counts)
    return TallyState(moment, ballot_count, counts, view_cells(kind, cells))


def _size(state: TallyState) -> int:
    """The size of a view as JSON, in bytes."""
    return 0 if state.tally is None else len(encode_wire(state.tally))


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


def _newest(poll: Poll, kind: Kind | None) -> TallyState:
    at = poll.tallied_at or poll.opened_at or poll.created_at
    options = poll.options.all()
    counts = {option.id.hex: option.vote_count for option in options}
    tally = None if kind is None else read_tally(poll, options).tally
    return TallyState(Moment(poll.version, at), poll.ballot_count, counts, tally)


def _as_timeline(poll: Poll, states: Sequence[TallyState]) -> Timeline:
    options = [
        OptionSeries(
            id=option.id,
            text=option.text,
            vote_counts=tuple(state.counts.get(option.id.hex, 0) for state in states),
        )
        for option in poll.options.all()
    ]
    # As in results, people are counted where there are no options.
    totals = [
        sum(option.vote_counts[index] for option in options)
        if options or poll.kind in CHOICES
        else state.ballot_count
        for index, state in enumerate(states)
    ]
    return Timeline(
        poll_id=poll.id,
        question=poll.question,
        points=tuple(
            TimelinePoint(
                at=state.moment.at,
                version=state.moment.version,
                ballot_count=state.ballot_count,
                total_votes=total,
                tally=state.tally,
            )
            for state, total in zip(states, totals, strict=True)
        ),
        options=tuple(options),
    )
