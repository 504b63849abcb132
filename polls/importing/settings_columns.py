"""The columns of a table of polls that hold settings of their kinds."""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any

from pydantic_core import from_json

from apikit.tables.cells import read_switch, read_whole_number, text_of
from apikit.tables.rows import Cell

SETTINGS = "settings"
SLOTS = "slots"
# Between the texts in one cell.
SEPARATOR = re.compile(r"[|\n]")
_NUMBER = re.compile(r"[+-]?\d{1,12}([.,]\d{1,12})?")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def read_texts(cell: Cell) -> list[str]:
    """Read the texts in a cell, which ``|`` or line breaks separate."""
    return [text for text in map(str.strip, SEPARATOR.split(text_of(cell))) if text]


def read_name(cell: Cell) -> str:
    """Read one of several names as it is in JSON: ``After vote`` as ``after_vote``."""
    return re.sub(r"[\s-]+", "_", text_of(cell).casefold())


def _read_number(cell: Cell) -> float:
    """Read a number with a decimal point or comma.

    :raises ValueError: with a message for other texts.
    """
    text = text_of(cell)
    if not _NUMBER.fullmatch(text):
        raise ValueError("Must be a number.")
    return float(text.replace(",", "."))


def _read_slots(cell: Cell) -> list[dict[str, str]]:
    """Read days like ``2030-01-31``, and times with or without an end after ``/`` (ISO 8601)."""
    return [_slot(text) for text in read_texts(cell)]


def _slot(text: str) -> dict[str, str]:
    # A spreadsheet makes midnight of a day.
    text = text.removesuffix("T00:00:00")
    if _DAY.fullmatch(text):
        return {"day": text}
    starts_at, _, ends_at = (part.strip() for part in text.partition("/"))
    return {"startsAt": starts_at} | ({"endsAt": ends_at} if ends_at else {})


def _read_object(cell: Cell) -> dict[str, Any]:
    """Read settings in JSON.

    :raises ValueError: with a message for anything but an object.
    """
    text = text_of(cell)
    with suppress(ValueError):
        if isinstance(value := from_json(text, allow_inf_nan=False), dict):
            return value
    raise ValueError('Must be an object in JSON, such as {"steps": 7}.')


# By the names on the wire. The settings of all kinds have different names.
_READERS: Mapping[str, Callable[[Cell], Any]] = MappingProxyType(
    {
        "minChoices": read_whole_number,
        "scale": read_name,
        "steps": read_whole_number,
        "labels": read_texts,
        "method": read_name,
        "places": read_whole_number,
        "total": read_whole_number,
        "mustSpendAll": read_switch,
        "min": _read_number,
        "max": _read_number,
        "step": _read_number,
        "unit": text_of,
        "maxWords": read_whole_number,
        "maxChars": read_whole_number,
        "needsApproval": read_switch,
        "maxPlaces": read_whole_number,
        SLOTS: _read_slots,
        "allowsMaybe": read_switch,
    }
)
# Names of columns, as in ``columns``, and the settings that they fill.
SETTINGS_COLUMNS = {name.casefold(): name for name in _READERS} | {SETTINGS: SETTINGS}


def is_setting(field: str) -> bool:
    """Return whether a column of this field holds settings."""
    return field == SETTINGS or field in _READERS


def read_settings(field: str, cell: Cell) -> dict[str, Any]:
    """Return the settings in a cell: one, or those of an object in JSON.

    :raises ValueError: with a message for a wrong cell.
    """
    return _read_object(cell) if field == SETTINGS else {field: _READERS[field](cell)}
