"""Writes results as CSV and XLSX, with protection against formula injection."""

import io
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from openpyxl import Workbook
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from apikit.csv_cells import BYTE_ORDER_MARK, FORMULA_BEGINNINGS, Value, csv_lines
from apikit.text import fit_for_xml
from votes.wire import ResultsExport

# How XLSX escapes characters that XML cannot represent: Excel reads `_x0041_` as `A`.
_XLSX_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_RESULT_LABELS = ("Option", "Votes", "Percentage", "Percentage of voters")
_TIMELINE_LABELS = ("Time (UTC)", "Version", "Ballots", "Total votes")
_BOLD = Font(bold=True)
_TIME_FORMAT = "yyyy-mm-dd hh:mm:ss"
_WIDTHS = {"text": 40, "other": 20}


def as_csv(export: ResultsExport) -> bytes:
    """Writes a line per option, each with the facts about the poll (RFC 4180)."""
    facts = _facts(export)
    table: list[Sequence[Value]] = [(*_RESULT_LABELS, *(label for label, _ in facts))]
    table += [(*row, *(value for _, value in facts)) for row in _result_rows(export)]
    return f"{BYTE_ORDER_MARK}{csv_lines(table)}".encode()


def as_workbook(export: ResultsExport) -> bytes:
    """Writes a workbook with two sheets: the poll with its options, and its timeline."""
    workbook = Workbook()
    results = workbook.worksheets[0]
    results.title = "Results"
    facts = _facts(export)
    _write(results, [*facts, (), _RESULT_LABELS, *_result_rows(export)])
    _embolden([row[0] for row in results.iter_rows(max_row=len(facts))])
    _embolden(results[len(facts) + 2])
    _write(workbook.create_sheet("Timeline"), _timeline_rows(export))
    _embolden(workbook["Timeline"][1])
    workbook["Timeline"].freeze_panes = "A2"
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


def _facts(export: ResultsExport) -> list[tuple[str, Value]]:
    poll = export.poll
    return [
        ("Question", poll.question),
        ("State", poll.state),
        ("Total votes", export.results.total_votes),
        ("Ballots", export.ballot_count),
        ("Opens at (UTC)", poll.opens_at),
        ("Opened at (UTC)", export.opened_at),
        ("Closes at (UTC)", poll.closes_at),
        ("Closed at (UTC)", export.closed_at),
        ("Version", export.results.version),
        ("Exported at (UTC)", export.exported_at),
        ("Original question", poll.original_question),
        ("Question edited at (UTC)", poll.question_edited_at),
    ]


def _result_rows(export: ResultsExport) -> list[tuple[Value, ...]]:
    return [
        (each.text, each.vote_count, each.percentage, each.percentage_of_voters)
        for each in export.results.options
    ]


def _timeline_rows(export: ResultsExport) -> list[Sequence[Value]]:
    options = export.timeline.options
    heading = (*_TIMELINE_LABELS, *(option.text for option in options))
    return [heading] + [
        (
            point.at,
            point.version,
            point.ballot_count,
            point.total_votes,
            *(option.vote_counts[index] for option in options),
        )
        for index, point in enumerate(export.timeline.points)
    ]


def _write(sheet: Worksheet, rows: Iterable[Sequence[Value]]) -> None:
    for row_number, row in enumerate(rows, start=1):
        for column, value in enumerate(row, start=1):
            cell = sheet.cell(row_number, column)
            assert isinstance(cell, Cell)
            _fill(cell, value)
    for column in range(1, sheet.max_column + 1):
        width = _WIDTHS["text" if column == 1 else "other"]
        sheet.column_dimensions[get_column_letter(column)].width = width


def _fill(cell: Cell, value: Value) -> None:
    if isinstance(value, datetime):
        # Spreadsheets have no time zones, and no dates before 1900 or after 9999. The first months
        # of 1900 are off by a day, and the last microseconds of 9999 are rounded up.
        moment = value.astimezone(UTC).replace(tzinfo=None)
        cell.value = moment if 1900 < moment.year < 9999 else moment.isoformat(sep=" ")
        cell.number_format = _TIME_FORMAT
    elif isinstance(value, str):
        cell.value = _XLSX_ESCAPE.sub("_x005F_", fit_for_xml(value))
        # Not "f", which openpyxl sets if the text begins with "="; quotePrefix keeps it text when
        # the cell is edited.
        cell.data_type = "s"
        cell.quotePrefix = value.startswith(FORMULA_BEGINNINGS)
    else:
        cell.value = value


def _embolden(cells: Iterable[Cell | MergedCell]) -> None:
    for cell in cells:
        cell.font = _BOLD
