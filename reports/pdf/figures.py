"""Figures and tables of polls of all kinds, as data for the template."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from reports.pdf.formats import show_number
from reports.pdf.written import Part, written

Data = dict[str, Any]

# Entries in the alternative text of a figure; the table has all of them.
MAX_DESCRIBED = 5


@dataclass(frozen=True, slots=True)
class Findings:
    """What a kind shows besides the counts of options.

    ``outcome`` is a sentence, ``headline`` the same in a cell of the overview, next to ``leading``,
    the option or word it is about. ``facts`` are labels and values.
    """

    outcome: list[Part]
    headline: str
    leading: Part | None = None
    figure: Data | None = None
    tables: Sequence[Data] = ()
    facts: Sequence[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class BarRow:
    """A bar: its text, number, and what stands beside it. ``leads`` if not the longest do."""

    text: str
    value: float
    shown: str
    beside: str = ""
    leads: bool | None = None


def bars(rows: Sequence[BarRow]) -> Data | None:
    """Return a bar for each row, the longest over the full width; None without values."""
    most = max((row.value for row in rows), default=0)
    if most <= 0:
        return None
    return {
        "type": "bars",
        "alt": describe([(row.text, row.shown) for row in rows]),
        "scale": None,
        "options": [
            {
                "text": written(row.text),
                "share": row.shown,
                "votes": row.beside,
                "length": row.value / most,
                "leads": row.value == most if row.leads is None else row.leads,
            }
            for row in rows
        ],
    }


def stacks(
    rows: Sequence[tuple[str, Sequence[int], str]],
    levels: Sequence[str],
    *,
    begins_with_best: bool = False,
) -> Data | None:
    """Return a bar for each (text, counts, number), divided into levels; None without counts.

    The last level is the darkest, or the first if it ``begins_with_best``.
    """
    if not any(sum(counts) for _text, counts, _shown in rows):
        return None
    return {
        "type": "stacks",
        "alt": describe([(text, shown) for text, _counts, shown in rows]),
        "levels": [written(level) for level in levels],
        "beginsWithBest": begins_with_best,
        "rows": [
            {
                "text": written(text),
                "parts": [count / max(1, sum(counts)) for count in counts],
                "shown": shown,
            }
            for text, counts, shown in rows
        ],
    }


def columns(counts: Sequence[int], low: str, high: str, alt: str) -> Data | None:
    """Return a column for each count, from ``low`` to ``high``; None without counts."""
    most = max(counts, default=0)
    if not most:
        return None
    return {
        "type": "columns",
        "alt": alt,
        "lengths": [count / most for count in counts],
        "most": show_number(most),
        "low": low,
        "high": high,
    }


def heat(digits: str, column_count: int, alt: str) -> Data | None:
    """Return a grid of fields from 0 to 15; None if all are empty."""
    cells = [int(digit, 16) for digit in digits]
    if not any(cells):
        return None
    return {"type": "heat", "alt": alt, "columns": column_count, "cells": cells}


def table(labels: Sequence[str], rows: Sequence[Sequence[Any]], title: str | None = None) -> Data:
    """Return a table of cells as ``Part``; the first column has texts, the others numbers."""
    return {"title": title, "columns": list(labels), "rows": [list(row) for row in rows]}


def describe(entries: Sequence[tuple[str, str]]) -> str:
    """Return the alternative text of a figure; the tables have everything."""
    items = "; ".join(f"{text}: {shown}" for text, shown in entries[:MAX_DESCRIBED])
    if len(entries) > MAX_DESCRIBED:
        return _("Bar chart. The first bars: {items}. A table with all of them follows.").format(
            items=items
        )
    return _("Bar chart. {items}. A table with the numbers follows.").format(items=items)
