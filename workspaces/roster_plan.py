"""Reads a roster of addresses from a file, without inviting anybody."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from accounts.identity import check_email
from apikit.errors import ValidationFailedError
from apikit.tables.cells import text_of
from apikit.tables.problems import Problems
from apikit.tables.reading import read_rows
from apikit.tables.rows import Columns, Row, find_columns
from apikit.wire import Wire
from workspaces.permissions import Role, check_role

MAX_ROWS = 500
MAX_DUPLICATES = 100
EMAIL, ROLE = "email", "role"

# Names of columns, and the fields that they fill. A name is for the people who keep the list.
_NAMES = {
    "email": EMAIL,
    "emailaddress": EMAIL,
    "mail": EMAIL,
    "role": ROLE,
    "name": "name",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody to make a member or invite; ``email`` is normalized."""

    email: str
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class DuplicateAddress(Wire):
    """A row with the address of an earlier one."""

    row: int
    same_as_row: int


@dataclass(slots=True)
class RosterPlan:
    """The entries of a file, each address once, and problems."""

    entries: dict[str, Entry] = field(default_factory=dict)
    problems: Problems = field(default_factory=Problems)
    duplicates: list[DuplicateAddress] = field(default_factory=list)
    unknown_columns: list[str] = field(default_factory=list)
    row_count: int = 0


def make_roster_plan(file: BinaryIO, *, role: Role, on_row: Callable[[int], None]) -> RosterPlan:
    """Read a roster. ``role`` is that of rows without one.

    ``on_row`` is called with the number of rows so far.

    :raises FileUnreadableError: for a file that is broken, or has more than ``MAX_ROWS``.
    """
    found = read_rows(file, max_rows=MAX_ROWS)
    plan = RosterPlan()
    columns = None
    if found.header is not None:
        columns = find_columns(found.header, _NAMES, required=EMAIL)
        plan.unknown_columns = list(columns.unknown)
    rows_by_email: dict[str, int] = {}
    for row in found.rows:
        plan.row_count += 1
        _add(plan, row, _values(row, columns), role, rows_by_email)
        on_row(plan.row_count)
    return plan


def _add(
    plan: RosterPlan,
    row: Row,
    values: Mapping[str, str],
    default_role: Role,
    rows_by_email: dict[str, int],
) -> None:
    problems = list(_problems(values))
    if problems:
        plan.problems.add_all(row.number, problems)
        return
    role = Role(values[ROLE].casefold()) if values.get(ROLE) else default_role
    entry = Entry(check_email(values[EMAIL]), role)
    first = rows_by_email.setdefault(entry.email, row.number)
    if first == row.number:
        plan.entries[entry.email] = entry
    elif plan.entries[entry.email].role != role:
        plan.problems.add(row.number, ROLE, f"Row {first} gives this address another role.")
    elif len(plan.duplicates) < MAX_DUPLICATES:
        plan.duplicates.append(DuplicateAddress(row=row.number, same_as_row=first))


def _values(row: Row, columns: Columns | None) -> dict[str, Any]:
    """Return the fields of a row by name; "" holds a message about the row as a whole."""
    if columns is None:
        return _json_values(row.value)
    values: dict[str, Any] = {name: text_of(cell) for name, _, cell in columns.cells_of(row)}
    if columns.has_surplus(row):
        values[""] = "There are more cells than columns."
    return values


def _json_values(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        return {EMAIL: value}
    if not isinstance(value, Mapping):
        return {"": "Must be an address, or an object with email, name and role."}
    if unknown := [key for key in value if key not in {EMAIL, ROLE, "name"}]:
        return {"": f"There is no such field: {unknown[0]}."}
    if not all(isinstance(each, str) for each in value.values()):
        return {"": "All fields must be strings."}
    return dict(value)


def _problems(values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield fields and messages."""
    if "" in values:
        yield "", values[""]
        return
    for name, check in ((EMAIL, check_email), (ROLE, _check_role)):
        try:
            check(values.get(name, ""))
        except ValidationFailedError as error:
            yield name, error.errors[0].message


def _check_role(text: str) -> None:
    """Check the role of a row, which can be left out.

    :raises ValidationFailedError: if there is no such role.
    """
    if text:
        check_role(text.casefold())
