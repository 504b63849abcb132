"""Rows of files, with the number that a spreadsheet shows, and the columns that they are in."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from apikit.errors import shortened
from apikit.tables.errors import FileUnreadableError

Cell = str | int | float | bool | datetime | date | time | None

MAX_COLUMNS = 200
# Empty rows are read as well.
LAST_ROW = 100_000
COLUMN_MAX_CHARS = 60
MAX_LISTED_COLUMNS = 20
_SEPARATORS = re.compile(r"[\W_]+")
_NUMBER_AT_END = re.compile(r"\d+$")


@dataclass(frozen=True, slots=True)
class Row:
    """A row: the cells of a table, or a JSON value. ``number`` counts from 1, with the header."""

    number: int
    value: Any


@dataclass(frozen=True, slots=True)
class RowFile:
    """A file with rows. ``header`` is None for JSON."""

    header: Sequence[str] | None
    rows: Iterator[Row]


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns of a table mean: for each, the field and the name in the file."""

    fields: Sequence[str | None]
    names: Sequence[str]
    unknown: Sequence[str]

    def cells_of(self, row: Row) -> Iterator[tuple[str, str, Cell]]:
        """Yield field, name of the column, and cell, for the columns that are known."""
        for field, name, cell in zip(self.fields, self.names, row.value, strict=False):
            if field is not None:
                yield field, name, cell

    def name_of(self, field: str) -> str:
        """Return the name of the first column of a field; the field itself without one."""
        return self.names[self.fields.index(field)] if field in self.fields else field

    def has_surplus(self, row: Row) -> bool:
        """Return whether a row has cells beyond the header, as after an unquoted separator."""
        return any(not is_empty(cell) for cell in row.value[len(self.fields) :])


def find_columns(
    header: Sequence[str],
    known: Mapping[str, str],
    *,
    repeated: Collection[str] = (),
    required: str,
) -> Columns:
    """Find the columns of a table by their names.

    Upper case, blanks and hyphens in a name do not count. ``known`` maps names without them to
    fields. Names of ``repeated`` fields can have a number, and come several times.

    :raises FileUnreadableError: if the ``required`` field is missing, or another comes twice.
    """
    fields = [_find_field(name, known, repeated) for name in header]
    names = [shortened(name.strip(), COLUMN_MAX_CHARS) for name in header]
    for field in set(fields) - {None, *repeated}:
        if fields.count(field) > 1:
            raise FileUnreadableError(f"There are several columns for {field}.")
    if required not in fields:
        raise FileUnreadableError(
            f"There is no column {required}. The first row must name the columns."
        )
    unknown = [name for name, field in zip(names, fields, strict=True) if field is None and name]
    return Columns(fields, names, unknown[:MAX_LISTED_COLUMNS])


def check_place(row: int, columns: int) -> None:
    """Check that a file is no longer and no wider than spreadsheets are that people make.

    :raises FileUnreadableError: if it is.
    """
    if columns > MAX_COLUMNS:
        raise FileUnreadableError(f"Row {row} has more than {MAX_COLUMNS} cells.")
    if row > LAST_ROW:
        raise FileUnreadableError(f"The file goes on after row {LAST_ROW}.")


def is_empty(cell: Cell) -> bool:
    """Return whether a cell has nothing in it."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _find_field(name: str, known: Mapping[str, str], repeated: Collection[str]) -> str | None:
    folded = _SEPARATORS.sub("", name.casefold())
    if len(folded) > COLUMN_MAX_CHARS:
        # The pattern takes quadratic time for a cell of digits.
        return None
    field = known.get(folded)
    if field is None:
        numbered = known.get(_NUMBER_AT_END.sub("", folded))
        field = numbered if numbered in repeated else None
    return field
