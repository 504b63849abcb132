"""Reads a JSON array."""

import json
from typing import Any, BinaryIO, NoReturn

from apikit.tables.csv_rows import read_text
from apikit.tables.errors import FileUnreadableError
from apikit.tables.rows import Row, RowFile

# In memory, the values take about ten times as much.
JSON_MAX_BYTES = 8 * 1024 * 1024


def read_json(file: BinaryIO) -> RowFile:
    """Read an array, whose elements are the rows.

    :raises FileUnreadableError: for other texts.
    """
    file.seek(0, 2)
    if file.tell() > JSON_MAX_BYTES:
        raise FileUnreadableError("The JSON text is too large: split it.")
    file.seek(0)
    try:
        values: Any = json.loads(read_text(file), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise FileUnreadableError("This is not JSON.") from error
    if not isinstance(values, list):
        raise FileUnreadableError("The JSON text must be an array.")
    return RowFile(None, (Row(number, value) for number, value in enumerate(values, start=1)))


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
