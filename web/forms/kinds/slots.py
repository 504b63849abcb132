"""The rows of dates in the form of a poll: days, or times in the organiser's time zone."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext

from apikit.wire import adapter_of, encode, to_wire
from polls.kinds.dates import Slot
from polls.models import MAX_OPTIONS, Option
from web.forms.poll_moments import in_utc, shown_moment, why_ambiguous, zone_of
from web.forms.poll_sentences import poll_field_sentence

PREFIX = "dates-"
COLUMNS = ("day", "start", "end", "id", "limit", "was", "exact")
ROWS_ADDED = 4
EXACT_MAX_CHARS = 500


@dataclass(frozen=True, slots=True)
class SlotRow:
    """A date as the form shows it, with its option's ``id`` if there is one.

    An untouched row keeps its ``exact`` slot, as JSON: ``was`` is what the row showed at first.
    """

    day: str = ""
    start: str = ""
    end: str = ""
    id: str = ""
    limit: str = ""
    was: str = ""
    exact: str = ""
    error: str = ""
    has_focus: bool = False

    @property
    def shown(self) -> str:
        """What the three fields show, as ``was`` has it."""
        return f"{self.day} {self.start} {self.end}".strip()

    @property
    def is_untouched(self) -> bool:
        """Whether the row still shows what it showed at first."""
        return bool(self.exact) and self.shown == self.was


class SlotError(ValueError):
    """A row that is no date; the message is a sentence for people."""


def rows_of(slots: Sequence[Any], options: Sequence[Option]) -> list[SlotRow]:
    """Returns the rows of stored slots; times are in UTC until a script converts them."""
    return [_row_of(slot, option) for slot, option in zip(slots, options, strict=False)]


def sent_rows(data: QueryDict) -> list[SlotRow]:
    """Returns the rows as they were sent."""
    columns = [data.getlist(PREFIX + name) for name in COLUMNS]
    length = min(max(map(len, columns)), MAX_OPTIONS)
    padded = [(column + [""] * length)[:length] for column in columns]
    return [SlotRow(*values) for values in zip(*padded, strict=True)]


def read_slot(row: SlotRow, zone_name: str) -> dict[str, Any]:
    """Returns the slot of a row by its names on the wire.

    An end before the start is on the next day.

    :raises SlotError: for what is no date or time.
    """
    if row.is_untouched:
        return _exact_slot(row.exact)
    try:
        day = date.fromisoformat(row.day)
        start = time.fromisoformat(row.start) if row.start else None
        end = time.fromisoformat(row.end) if row.end else None
    except ValueError as error:
        raise SlotError(gettext("Enter a date, and a time if you want.")) from error
    if start is None:
        if end is not None:
            raise SlotError(gettext("Enter the time when it starts."))
        return {"day": day.isoformat()}
    zone = zone_of(zone_name)
    if zone is None or start.tzinfo or (end is not None and end.tzinfo):
        raise SlotError(gettext("Enter a date, and a time if you want."))
    slot = {"startsAt": _moment(day, start, zone)}
    if end == start:
        raise SlotError(gettext("Choose an end after the start."))
    if end is not None:
        slot["endsAt"] = _moment(day + timedelta(days=int(end < start)), end, zone)
    return slot


def option_text(slot: Slot) -> str:
    """Returns the text of a slot's option, in no language and in UTC: pages show the slot."""
    if slot.starts_at is None:
        return str(slot.day)
    starts, ends = (shown_moment(each, "UTC").split("T") for each in (slot.starts_at, slot.ends_at))
    text = " ".join(starts)
    if slot.ends_at is not None:
        text += f"–{ends[1]}" if ends[0] == starts[0] else f" – {' '.join(ends)}"
    return f"{text} UTC"


def rearranged_slots(data: QueryDict) -> QueryDict | None:
    """Applies a button of the rows to the sent rows; None if another button was pressed.

    ``more-slots`` adds empty rows, ``add-days`` one for each day of a range with the times of the
    last row, and ``remove-slot`` with a number removes one.
    """
    do, _colon, number = data.get("do", "").partition(":")
    rows = sent_rows(data)
    if do == "more-slots":
        rows += [SlotRow()] * min(ROWS_ADDED, MAX_OPTIONS - len(rows))
    elif do == "add-days":
        rows = _with_days(rows, data)
    elif do == "remove-slot" and number.isdecimal() and int(number[:3]) < len(rows):
        del rows[int(number[:3])]
    else:
        return None
    changed = data.copy()
    for name in COLUMNS:
        changed.setlist(PREFIX + name, [getattr(row, name) for row in rows])
    return changed


def _with_days(rows: list[SlotRow], data: QueryDict) -> list[SlotRow]:
    """Adds the days of the range that are not in the list with these times yet."""
    filled = [row for row in rows if row.shown]
    times = (filled[-1].start, filled[-1].end) if filled else ("", "")
    try:
        first = date.fromisoformat(data.get(f"{PREFIX}first", ""))
        last = date.fromisoformat(data.get(f"{PREFIX}last", "") or first.isoformat())
    except ValueError:
        return rows
    count = min(max((last - first).days + 1, 0), MAX_OPTIONS)
    known = {row.shown for row in filled}
    for at in range(count):
        row = SlotRow(date.fromordinal(first.toordinal() + at).isoformat(), *times)
        if row.shown not in known:
            filled.append(row)
    return filled[:MAX_OPTIONS]


def _row_of(slot: Any, option: Option) -> SlotRow:
    read: Slot = adapter_of(Slot).validate_python(slot)
    day, start, end = str(read.day or ""), "", ""
    if read.starts_at is not None:
        day, _t, start = shown_moment(read.starts_at, "UTC").partition("T")
        end = shown_moment(read.ends_at, "UTC").partition("T")[2]
    limit = "" if option.limit is None else str(option.limit)
    row = SlotRow(day, start, end, str(option.id), limit)
    return replace(row, was=row.shown, exact=encode(to_wire(read)))


def _exact_slot(text: str) -> dict[str, Any]:
    try:
        slot = json.loads(text[:EXACT_MAX_CHARS])
    except (ValueError, RecursionError):
        slot = None
    if type(slot) is not dict:
        raise SlotError(gettext("Enter a date, and a time if you want."))
    return {name: value for name, value in slot.items() if value is not None}


def _moment(day: date, at: time, zone: tzinfo) -> str:
    entered = datetime.combine(day, at)
    if reason := why_ambiguous(entered, zone):
        raise SlotError(poll_field_sentence("opens_at", reason=reason))
    try:
        return in_utc(entered, zone).isoformat()
    except OverflowError as error:
        raise SlotError(gettext("Enter a date, and a time if you want.")) from error
