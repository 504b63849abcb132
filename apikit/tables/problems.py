"""Collects what is wrong with the rows of a file."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from apikit.errors import MAX_FIELD_CHARS, MAX_FIELD_MESSAGE_CHARS, shortened
from apikit.tables.errors import InvalidRowsError
from apikit.wire import Wire

MAX_PROBLEMS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class RowProblem(Wire):
    """A problem in a row of a file. ``column`` is a column name, or a path in a JSON object."""

    row: int
    column: str
    message: str


@dataclass(slots=True)
class Problems:
    """The first ``MAX_PROBLEMS`` of them, and how many there are."""

    listed: list[RowProblem] = field(default_factory=list)
    count: int = 0

    def add(self, row: int, column: str, message: str) -> None:
        self.count += 1
        if len(self.listed) < MAX_PROBLEMS:
            column = shortened(column, MAX_FIELD_CHARS)
            message = shortened(message, MAX_FIELD_MESSAGE_CHARS)
            self.listed.append(RowProblem(row=row, column=column, message=message))

    def add_all(self, row: int, found: Iterable[tuple[str, str]]) -> None:
        """Add columns with messages."""
        for column, message in found:
            self.add(row, column, message)

    def check_none(self) -> None:
        """Check that there are none.

        :raises InvalidRowsError: naming the first one, otherwise.
        """
        if self.listed:
            first = self.listed[0]
            place = f"row {first.row}" + (f", {first.column}" if first.column else "")
            raise InvalidRowsError(
                f"{InvalidRowsError.message} There are {self.count}; the first is in {place}: "
                f"{first.message}"
            )
