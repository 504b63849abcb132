"""The line chart of a poll: how many people had voted at which time."""

from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from reports.pdf.formats import show_number, show_time
from votes.wire import Timeline, TimelinePoint

MAX_TICKS = 4
_NICE = (1, 2, 5)


def show_turnout(timeline: Timeline, zone: ZoneInfo) -> dict[str, Any] | None:
    """Return the chart of a timeline; None if nobody has voted.

    Points are shares of the width and the height. A number holds until the next point, so the line
    has steps.
    """
    points = timeline.points
    highest = max((point.ballot_count for point in points), default=0)
    if highest == 0:
        return None
    first, last = points[0], points[-1]
    top = -(-highest // _step(highest)) * _step(highest)
    start, end = show_time(first.at, zone), show_time(last.at, zone)
    alt = _("Number of voters over time, from {first} at {start} to {last} at {end}.")
    return {
        "alt": alt.format(
            first=show_number(first.ballot_count),
            start=start,
            last=show_number(last.ballot_count),
            end=end,
        ),
        "points": _steps(points, top),
        "ticks": [
            {"at": value / top, "label": show_number(value)}
            for value in range(0, top + 1, _step(highest))
        ],
        "start": start,
        "end": end,
        "summary": _half(points, zone),
    }


def _step(highest: int) -> int:
    """Return the distance of the ticks: 1, 2 or 5 times a power of ten."""
    power = 1
    while True:
        for each in _NICE:
            if highest <= each * power * MAX_TICKS:
                return each * power
        power *= 10


def _steps(points: tuple[TimelinePoint, ...], top: int) -> list[tuple[float, float]]:
    first = points[0].at
    duration_s = (points[-1].at - first).total_seconds()
    steps: list[tuple[float, float]] = []
    for point in points:
        x = round((point.at - first).total_seconds() / duration_s, 4) if duration_s else 1.0
        y = round(point.ballot_count / top, 4)
        steps += [(x, steps[-1][1] if steps else 0.0), (x, y)]
    return steps


def _half(points: tuple[TimelinePoint, ...], zone: ZoneInfo) -> str:
    half = next(point for point in points if point.ballot_count * 2 >= points[-1].ballot_count)
    return _("Half of the voters had voted by {time}.").format(time=show_time(half.at, zone))
