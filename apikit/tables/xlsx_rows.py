"""Reads the first sheet of an XLSX file, within bounds on what unpacking it takes."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import openpyxl

from apikit.tables.cells import text_of
from apikit.tables.errors import FileUnreadableError
from apikit.tables.rows import Row, RowFile, check_place, is_empty

# openpyxl holds all parts but the sheets in memory, where they take about ten times as much, and of
# a sheet one row, which can be all of it.
PART_MAX_BYTES = 10 * 1024 * 1024
PARTS_MAX_BYTES = 32 * 1024 * 1024
MAX_PARTS = 1_000
CELL_MAX_CHARS = 32_767


def read_xlsx(file: BinaryIO) -> RowFile:
    """Read a sheet. Its rows are read one after another, empty ones are left out.

    :raises FileUnreadableError: for a broken or too large file, also while the rows are read.
    """
    with _explained():
        _check_size(file)
        workbook = openpyxl.load_workbook(file, read_only=True, data_only=True, keep_links=False)
        if not workbook.worksheets:
            raise FileUnreadableError("The file has no sheet.")
        sheet: Any = workbook.worksheets[0]
        # Some programs write wrong dimensions.
        sheet.reset_dimensions()
    records = _records(sheet)
    header = next(records, None)
    if header is None:
        raise FileUnreadableError("The first sheet is empty.")
    return RowFile([text_of(cell) for cell in header.value], records)


def _records(sheet: Any) -> Iterator[Row]:
    with _explained():
        for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
            filled = [position for position, cell in enumerate(cells) if not is_empty(cell)]
            check_place(number, filled[-1] + 1 if filled else 0)
            if filled:
                yield Row(number, [_bounded(cell) for cell in cells[: filled[-1] + 1]])


def _bounded(cell: Any) -> Any:
    return cell[:CELL_MAX_CHARS] if isinstance(cell, str) else cell


def _check_size(file: BinaryIO) -> None:
    """Check what the parts take when unpacked; zipfile reads no more than they announce."""
    with zipfile.ZipFile(file) as archive:
        parts = archive.infolist()
    sizes = [part.file_size for part in parts]
    if len(parts) > MAX_PARTS or max(sizes) > PART_MAX_BYTES or sum(sizes) > PARTS_MAX_BYTES:
        raise FileUnreadableError(
            "The spreadsheet is too large. Copy the cells alone to a new one, or save it as CSV."
        )
    file.seek(0)


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except FileUnreadableError:
        raise
    except Exception as error:  # openpyxl raises anything for broken files
        raise FileUnreadableError("This is not an XLSX file, or it is broken.") from error
