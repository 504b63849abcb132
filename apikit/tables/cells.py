"""Reads values from cells: texts from CSV, and what spreadsheets make of them."""

from datetime import date, datetime, time

from apikit.tables.rows import Cell

_YES = {"true", "yes", "y", "1", "x"}
_NO = {"false", "no", "n", "0"}


def text_of(cell: Cell) -> str:
    """Return a cell as text, without blanks around it: 3.0 as 3, a time in ISO 8601."""
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case float() if cell.is_integer():
            return str(int(cell))
        case datetime() | date() | time():
            return cell.isoformat()
        case _:
            return str(cell).strip()


def read_switch(cell: Cell) -> bool:
    """Read true or false.

    :raises ValueError: with a message for other texts.
    """
    word = text_of(cell).casefold()
    if word not in _YES | _NO:
        raise ValueError("Must be true or false.")
    return word in _YES


def read_whole_number(cell: Cell) -> int:
    """Read a whole number.

    :raises ValueError: with a message for other texts.
    """
    text = text_of(cell)
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise ValueError("Must be a whole number.")
    return int(text)
