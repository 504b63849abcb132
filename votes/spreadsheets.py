"""Writes the results of a poll as CSV and XLSX, and gives the rows of reports on several polls.

Labels are in the active language.
"""

import io
from collections.abc import Sequence
from datetime import UTC, tzinfo

from django.utils.translation import get_language_bidi
from django.utils.translation import gettext as _
from openpyxl import Workbook

from apikit.csv_cells import BYTE_ORDER_MARK, Value, csv_lines
from apikit.workbooks import NUMBER_WIDTH, TEXT_WIDTH, Sheet, written_workbook
from votes.wire import ResultsExport

Fact = tuple[str, Value]


def as_csv(export: ResultsExport) -> bytes:
    """Writes a line per option, each with the facts about the poll (RFC 4180)."""
    facts = poll_facts(export)
    table: list[Sequence[Value]] = [(*result_labels(), *(label for label, _ in facts))]
    table += [(*row, *(value for _, value in facts)) for row in result_rows(export)]
    return f"{BYTE_ORDER_MARK}{csv_lines(table)}".encode()


def as_workbook(export: ResultsExport) -> bytes:
    """Writes a workbook with two sheets: the poll with its options, and its timeline."""
    content = io.BytesIO()
    with written_workbook(content) as workbook:
        write_sheets(workbook, export, poll_facts(export))
    return content.getvalue()


def write_sheets(
    workbook: Workbook, export: ResultsExport, facts: Sequence[Fact], zone: tzinfo = UTC
) -> None:
    """Writes a sheet with the poll's ``facts`` and its options, and one with its timeline."""
    is_bidi = get_language_bidi()
    labels = result_labels()
    widths = (TEXT_WIDTH, *[NUMBER_WIDTH] * (len(labels) - 1))
    results = Sheet(workbook, _("Results"), zone=zone, widths=widths, is_right_to_left=is_bidi)
    for fact in facts:
        results.append(fact, bold=1)
    results.append(())
    results.append(labels, bold=len(labels))
    for row in result_rows(export):
        results.append(row)
    heading = (*timeline_labels(zone), *(option.text for option in export.timeline.options))
    timeline = Sheet(workbook, _("Timeline"), heading, zone=zone, is_right_to_left=is_bidi)
    for row in timeline_rows(export):
        timeline.append(row)


def result_labels() -> tuple[str, ...]:
    return _("Option"), _("Votes"), _("Percentage"), _("Percentage of voters")


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


def result_rows(export: ResultsExport) -> list[tuple[Value, ...]]:
    return [
        (each.text, each.vote_count, each.percentage, each.percentage_of_voters)
        for each in export.results.options
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
