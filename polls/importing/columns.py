"""The columns of a table of polls, and the body of ``POST /polls`` for each row."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from apikit.errors import FieldError
from apikit.tables.cells import read_switch, read_whole_number, text_of
from apikit.tables.rows import Cell, Columns, Row, find_columns, is_empty
from polls.importing.settings_columns import (
    SETTINGS,
    SETTINGS_COLUMNS,
    SLOTS,
    is_setting,
    read_name,
    read_settings,
    read_texts,
)
from polls.models import PollKind

Json = dict[str, Any]

QUESTION = "question"
OPTIONS = "options"
OPTION = "option"

# Names of columns, without blanks and hyphens, and the fields that they fill.
_NAMES = {
    "question": QUESTION,
    "option": OPTION,
    "options": OPTIONS,
    "kind": "kind",
    "maxchoices": "maxChoices",
    "allowchange": "allowChange",
    "resultsvisibility": "resultsVisibility",
    "opensat": "opensAt",
    "closesat": "closesAt",
    "published": "isPublished",
    "ispublished": "isPublished",
    **SETTINGS_COLUMNS,
}


def find_poll_columns(header: Iterable[str]) -> Columns:
    """Find the columns of a table.

    :raises FileUnreadableError: without a column for questions, or with two of one kind.
    """
    return find_columns(list(header), _NAMES, repeated={OPTION}, required=QUESTION)


class TableReader:
    """Reads the rows of a table as bodies, and names the columns of errors."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        # The column that each option of the row came from.
        self._option_columns: list[str] = []

    def read(self, row: Row) -> tuple[Json, list[tuple[str, str]]]:
        """Return the body of a row, and columns with what is wrong with their cells."""
        self._option_columns = []
        body: Json = {OPTIONS: []}
        slots: list[str] = []
        problems = []
        for field, name, cell in self._columns.cells_of(row):
            if is_empty(cell):
                continue
            try:
                self._fill(body, field, name, cell)
                slots += read_texts(cell) if field == SLOTS else []
            except ValueError as error:
                problems.append((name, str(error)))
        if self._columns.has_surplus(row):
            message = "There are more cells than columns; quote cells that contain the separator."
            problems.append(("", message))
        if body.get("kind") == PollKind.DATES and not body[OPTIONS]:
            # The options of dates need no other texts.
            body[OPTIONS] = slots
            self._option_columns = [self._columns.name_of(SLOTS)] * len(slots)
        return body, problems

    def _fill(self, body: Json, field: str, name: str, cell: Cell) -> None:
        match field:
            case "option":
                texts = [text_of(cell)]
            case "options":
                texts = read_texts(cell)
            case _ if is_setting(field):
                read = read_settings(field, cell)
                # A column of its own counts more than the object of all settings.
                old = body.get(SETTINGS, {})
                body[SETTINGS] = read | old if field == SETTINGS else old | read
                return
            case _:
                body[field] = _value(field, cell)
                return
        body[OPTIONS] += texts
        self._option_columns += [name] * len(texts)

    def name_errors(self, errors: Iterable[FieldError]) -> Iterator[tuple[str, str]]:
        """Yield the columns of the last row with the messages of errors in its body."""
        for error in errors:
            field, _, rest = error.field.partition(".")
            position = rest.partition(".")[0]
            if field == OPTIONS and position.isdecimal():
                yield self._option_columns[int(position)], error.message
            elif field == OPTIONS and OPTIONS not in self._columns.fields:
                yield self._columns.name_of(OPTION), error.message
            elif field == SETTINGS and position in self._columns.fields:
                yield self._columns.name_of(position), error.message
            else:
                yield self._columns.name_of(field), error.message


class JsonReader:
    """The same for an array of bodies, whose errors are named by their paths."""

    def read(self, row: Row) -> tuple[Json, list[tuple[str, str]]]:
        """Return a body, and what is wrong with it before its fields are validated."""
        value = row.value
        if not isinstance(value, Mapping):
            return {}, [("", "Must be an object, as in POST /polls.")]
        if {"workspaceId", "workspace_id"} & set(value):
            return {}, [("workspaceId", "Give the workspace in the payload of the job.")]
        return dict(value), []

    def name_errors(self, errors: Iterable[FieldError]) -> Iterator[tuple[str, str]]:
        """Yield paths and messages."""
        for error in errors:
            yield error.field, error.message


def _value(field: str, cell: Cell) -> Any:
    """Return the value of a field as in JSON.

    :raises ValueError: with a message for a wrong cell.
    """
    match field:
        case "maxChoices":
            return read_whole_number(cell)
        case "allowChange" | "isPublished":
            return read_switch(cell)
        case "kind" | "resultsVisibility":
            return read_name(cell)
        case _:
            return text_of(cell)
