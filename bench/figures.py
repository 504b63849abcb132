"""The results of measures: rows of figures, and goals."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.contestants.base import Usage


@dataclass(frozen=True, slots=True)
class Row:
    """One contestant in one measure. ``value`` is in ``unit``; ``*_cpu_ms`` are per item: a vote, a
    frame, a request."""

    what: str
    who: str
    value: float
    unit: str
    p50_ms: float | None = None
    p99_ms: float | None = None
    server_cpu_ms: float | None = None
    services_cpu_ms: float | None = None
    client_cpu_ms: float | None = None
    cpu_s: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Goal:
    """``reached`` must be at least ``bound``, or at most with ``is_most``."""

    what: str
    reached: float
    bound: float
    unit: str = "times"
    is_most: bool = False

    @property
    def is_reached(self) -> bool:
        return self.reached <= self.bound if self.is_most else self.reached >= self.bound


Findings = list[Row | Goal]


def row_of(
    what: str, who: str, usage: Usage, times_s: Sequence[float], unit: str, note: str = ""
) -> Row:
    """Makes a row of items that took ``times_s``, all within ``usage``."""
    ordered, count = sorted(times_s), len(times_s)
    return Row(
        what,
        who,
        value=count / usage.elapsed_s,
        unit=unit,
        p50_ms=quantile(ordered, 0.5) * 1000,
        p99_ms=quantile(ordered, 0.99) * 1000,
        server_cpu_ms=usage.server_s / count * 1000,
        services_cpu_ms=usage.services_s / count * 1000,
        client_cpu_ms=usage.client_s / count * 1000,
        cpu_s=usage.server_s,
        note=note,
    )


def quantile(ordered: Sequence[float], share: float) -> float:
    """Returns the value below which this share of the ordered values lies."""
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def median_of(rows: Sequence[Row]) -> Row:
    """Returns the median of each figure over the repetitions of a measure."""
    first = rows[0]
    return Row(
        first.what,
        first.who,
        statistics.median(row.value for row in rows),
        first.unit,
        _median([row.p50_ms for row in rows]),
        _median([row.p99_ms for row in rows]),
        _median([row.server_cpu_ms for row in rows]),
        _median([row.services_cpu_ms for row in rows]),
        _median([row.client_cpu_ms for row in rows]),
        _median([row.cpu_s for row in rows]),
        "; ".join(dict.fromkeys(row.note for row in rows if row.note)),
    )


def ratio_of(
    ours: Sequence[Row], theirs: Sequence[Row], figure: Callable[[Row], float | None]
) -> float:
    """Returns the median over the rounds of ``figure(ours) / figure(theirs)``."""
    ratios = []
    for we, they in zip(ours, theirs, strict=True):
        our_figure, their_figure = figure(we), figure(they)
        assert our_figure is not None
        assert their_figure is not None
        ratios.append(our_figure / their_figure)
    return statistics.median(ratios)


def rate(row: Row) -> float:
    return row.value


def p50(row: Row) -> float | None:
    return row.p50_ms


def p99(row: Row) -> float | None:
    return row.p99_ms


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None
