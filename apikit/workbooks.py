"""Writes XLSX workbooks in flat memory, with protection against formula injection."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, tzinfo
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import Cell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from apikit.csv_cells import FORMULA_BEGINNINGS, Value
from apikit.text import fit_for_xml

# How XLSX escapes characters that XML cannot represent: Excel reads `_x0041_` as `A`.
_XLSX_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_BOLD = Font(bold=True)
_TIME_FORMAT = "yyyy-mm-dd hh:mm:ss"
TEXT_WIDTH, NUMBER_WIDTH = 40, 20
# The limit of the format.
MAX_ROWS = 1_048_576
# Excel refuses longer titles, and these characters in them.
_TITLE_MAX_CHARS = 31
_NOT_IN_TITLES = re.compile(r"[\[\]:*?/\\]")


class Sheet:
    """A sheet whose rows go to the disk as they come; full ones continue on another sheet.

    ``heading`` is repeated on each of them, and stays in view. ``widths`` are those of the first
    columns, in characters.
    """

    def __init__(
        self,
        workbook: Workbook,
        title: str,
        heading: Sequence[str] = (),
        *,
        zone: tzinfo = UTC,
        widths: Sequence[int] = (TEXT_WIDTH,),
        is_right_to_left: bool = False,
    ) -> None:
        self._workbook = workbook
        self._title = _NOT_IN_TITLES.sub(" ", title)[: _TITLE_MAX_CHARS - 4]
        self._heading = heading
        self._zone = zone
        self._widths = widths
        self._is_right_to_left = is_right_to_left
        self._sheet_count = 0
        self._begin_sheet()

    def append(self, row: Sequence[Value], *, bold: int = 0) -> None:
        """Add a row, with the first ``bold`` cells in bold. Times are shown in the sheet's zone."""
        if self._row_count >= MAX_ROWS:
            self._begin_sheet()
        self._row_count += 1
        self._sheet.append(
            [self._cell(each, is_bold=index < bold) for index, each in enumerate(row)]
        )

    def _begin_sheet(self) -> None:
        self._sheet_count += 1
        number = f" {self._sheet_count}" if self._sheet_count > 1 else ""
        # Any: its stubs lack what it has in common with other worksheets.
        self._sheet: Any = self._workbook.create_sheet(f"{self._title}{number}")
        self._row_count = 0
        self._sheet.sheet_view.rightToLeft = self._is_right_to_left
        for column in range(max(len(self._widths), len(self._heading))):
            letter = get_column_letter(column + 1)
            width = self._widths[column] if column < len(self._widths) else NUMBER_WIDTH
            self._sheet.column_dimensions[letter].width = width
        if self._heading:
            self._sheet.freeze_panes = "A2"
            self.append(self._heading, bold=len(self._heading))

    def _cell(self, value: Value, *, is_bold: bool) -> object:
        if value is None or (isinstance(value, int | float) and not is_bold):
            return value
        cell: Cell = WriteOnlyCell(self._sheet)
        _fill(cell, value, self._zone)
        if is_bold:
            cell.font = _BOLD
        return cell


@contextmanager
def written_workbook(file: IO[bytes]) -> Iterator[Workbook]:
    """Give an empty workbook for sheets, and save it into ``file`` at the end.

    After an error, removes the temporary files of its sheets.
    """
    workbook = Workbook(write_only=True)
    try:
        yield workbook
    except BaseException:
        for sheet in workbook.worksheets:
            _discard(sheet)
        raise
    workbook.save(file)


def _discard(sheet: Any) -> None:
    # openpyxl removes them only when it saves the workbook, or when the process ends.
    sheet.close()
    sheet._writer.cleanup()  # noqa: SLF001


def _fill(cell: Cell, value: Value, zone: tzinfo) -> None:
    if isinstance(value, datetime):
        # Spreadsheets have no time zones, and no dates before 1900 or after 9999. The first months
        # of 1900 are off by a day, and the last microseconds of 9999 are rounded up.
        moment = value.astimezone(zone).replace(tzinfo=None)
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
