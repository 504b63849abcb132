"""Writes the results of a poll as CSV and XLSX, and gives the rows of reports on several polls.

Labels are in the active language.
"""

import io
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, tzinfo
from itertools import islice

from django.utils.translation import get_language_bidi
from django.utils.translation import gettext as _
from openpyxl import Workbook

from apikit.csv_cells import BYTE_ORDER_MARK, Value, csv_lines
from apikit.workbooks import NUMBER_WIDTH, TEXT_WIDTH, Sheet, written_workbook
from votes.result_tables import Fact, result_table
from votes.wire import ResultsExport

Cells = tuple[Value, ...]
# Rows of a table that are written at once.
ROWS_AT_ONCE = 500
# A workbook of a request has at most so many words or texts; those of jobs have all.
MAX_ROWS = 20_000


def csv_parts(export: ResultsExport) -> Iterator[bytes]:
    """Yields the parts of a CSV with a line per row, each with the facts about the poll (RFC 4180).

    The first part needs the active language; the others are read and written in chunks.
    """
    table = result_table(export)
    facts = [*poll_facts(export), *table.facts]
    heading = (*table.labels, *(label for label, _ in facts))
    yield f"{BYTE_ORDER_MARK}{csv_lines([heading])}".encode()
    values = [value for _, value in facts]
    rows = ((*row, *values) for row in table.wide_rows())
    while chunk := list(islice(rows, ROWS_AT_ONCE)):
        yield csv_lines(chunk).encode()


def as_workbook(export: ResultsExport) -> bytes:
    """Writes a workbook with two sheets: the poll with its results, and its timeline."""
    content = io.BytesIO()
    with written_workbook(content) as workbook:
        write_sheets(workbook, export, poll_facts(export), max_rows=MAX_ROWS)
    return content.getvalue()


def write_sheets(
    workbook: Workbook,
    export: ResultsExport,
    facts: Sequence[Fact],
    zone: tzinfo = UTC,
    *,
    max_rows: int | None = None,
    watch: Callable[[Iterator[Cells]], Iterator[Cells]] = iter,
) -> None:
    """Writes a sheet with the poll's ``facts`` and results, and one with its timeline.

    After ``max_rows`` of the results, a row says that there are more. ``watch`` passes the rows of
    results on, while they are written.
    """
    is_bidi = get_language_bidi()
    table = result_table(export)
    labels = table.labels
    widths = (TEXT_WIDTH, *[NUMBER_WIDTH] * (len(labels) - 1))
    results = Sheet(workbook, _("Results"), zone=zone, widths=widths, is_right_to_left=is_bidi)
    for fact in (*facts, *table.facts):
        results.append(fact, bold=1)
    results.append(())
    results.append(labels, bold=len(labels))
    rows = watch(table.wide_rows())
    for row in islice(rows, max_rows):
        results.append(row)
    if next(rows, None) is not None:
        results.append((_("There are more rows. CSV has all of them."),))
    heading = (*timeline_labels(zone), *(option.text for option in export.timeline.options))
    timeline = Sheet(workbook, _("Timeline"), heading, zone=zone, is_right_to_left=is_bidi)
    for row in timeline_rows(export):
        timeline.append(row)


def timeline_labels(zone: tzinfo = UTC) -> tuple[str, ...]:
    """The labels of a timeline, without its options."""
    return in_zone(_("Time"), zone), _("Version"), _("Ballots"), _("Total votes")


def in_zone(label: str, zone: tzinfo) -> str:
    """A label of times with their zone."""
    return f"{label} ({zone})"


def poll_facts(export: ResultsExport, zone: tzinfo = UTC) -> list[Fact]:
    """What is said about a poll beside its options, with labels."""
    poll = export.poll
    return [
        (_("Question"), poll.question),
        (_("State"), poll.state),
        (_("Total votes"), export.results.total_votes),
        (_("Ballots"), export.ballot_count),
        (in_zone(_("Opens at"), zone), poll.opens_at),
        (in_zone(_("Opened at"), zone), export.opened_at),
        (in_zone(_("Closes at"), zone), poll.closes_at),
        (in_zone(_("Closed at"), zone), export.closed_at),
        (_("Version"), export.results.version),
        (in_zone(_("Exported at"), zone), export.exported_at),
        (_("Original question"), poll.original_question),
        (in_zone(_("Question edited at"), zone), poll.question_edited_at),
    ]


def timeline_rows(export: ResultsExport) -> list[tuple[Value, ...]]:
    options = export.timeline.options
    return [
        (
            point.at,
            point.version,
            point.ballot_count,
            point.total_votes,
            *(option.vote_counts[index] for option in options),
        )
        for index, point in enumerate(export.timeline.points)
    ]
