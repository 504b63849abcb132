"""Reads rows from CSV, XLSX and JSON files; the content decides which of them a file is."""

from collections.abc import Iterator
from typing import BinaryIO

from apikit.tables.csv_rows import encoding_of, read_csv
from apikit.tables.errors import FileUnreadableError
from apikit.tables.json_rows import read_json
from apikit.tables.rows import Row, RowFile
from apikit.tables.xlsx_rows import read_xlsx

_ZIP = b"PK\x03\x04"
# Of formats that people confuse with XLSX: the old XLS, and PDF.
_OTHERS = (b"\xd0\xcf\x11\xe0", b"%PDF")
_SAMPLE_BYTES = 4096


def read_rows(file: BinaryIO, *, max_rows: int) -> RowFile:
    """Read a file, which must be open until its rows are read.

    :raises FileUnreadableError: for other formats, broken files, and more than ``max_rows`` rows,
        also while the rows are read.
    """
    sample = file.read(_SAMPLE_BYTES)
    file.seek(0)
    if sample.startswith(_OTHERS):
        raise FileUnreadableError("This is not a CSV, XLSX or JSON file. Save it as one of them.")
    if sample.startswith(_ZIP):
        found = read_xlsx(file)
    elif _begins_json(file, sample):
        found = read_json(file)
    else:
        found = read_csv(file)
    return RowFile(found.header, _bounded(found.rows, max_rows))


def _begins_json(file: BinaryIO, sample: bytes) -> bool:
    text = sample.decode(encoding_of(file), "ignore").removeprefix("\ufeff")
    return text.lstrip().startswith(("[", "{"))


def _bounded(rows: Iterator[Row], max_rows: int) -> Iterator[Row]:
    for count, row in enumerate(rows, start=1):
        if count > max_rows:
            raise FileUnreadableError(f"There are more than {max_rows} rows: split the file.")
        yield row
