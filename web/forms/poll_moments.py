"""Times as entered: without a time zone, which the page's script adds."""

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from polls.models import Poll

# No serializer accepts this as a time.
NO_MOMENT = "?"
MOMENT_FIELDS = ("opens_at", "closes_at")


class MomentReader:
    """Parses the times of a submitted form, or takes those of ``poll``.

    An untouched field keeps its exact time: microseconds, the right side of a repeated hour, and
    whatever format the browser uses. The form therefore also sends what the field showed
    (``<name>_was``) and the exact time (``<name>_exact``).
    """

    def __init__(self, data: Mapping[str, Any] | None, poll: Poll | None) -> None:
        self._data, self._poll = data, poll
        self.zone_name = str((data or {}).get("time_zone") or "UTC")
        # Why times were refused, by field: "gap" or "twice".
        self.reasons: dict[str, str] = {}

    def hidden(self) -> list[tuple[str, str]]:
        """Returns the names and values of the hidden fields."""
        values = []
        for name in MOMENT_FIELDS:
            stored = getattr(self._poll, name, None)
            was, exact = shown_moment(stored, "UTC"), stored.isoformat() if stored else ""
            if self._data is not None:
                was = str(self._data.get(f"{name}_was", ""))
                exact = str(self._data.get(f"{name}_exact", ""))
            values += [(f"{name}_was", was), (f"{name}_exact", exact)]
        return values

    def on_wire(self, name: str, text: str) -> str | None:
        """Returns the entered time in the API's format; None for an empty field."""
        sent = self._data or {}
        if f"{name}_exact" in sent and text == sent.get(f"{name}_was"):
            return str(sent[f"{name}_exact"]) or None
        stored: datetime | None = getattr(self._poll, name, None)
        if not text:
            return None
        if stored is not None and text == shown_moment(stored, self.zone_name):
            return stored.isoformat()
        zone = zone_of(self.zone_name)
        try:
            entered = datetime.fromisoformat(text)
            if zone is None or entered.tzinfo is not None:
                return NO_MOMENT
            self.reasons[name] = why_ambiguous(entered, zone)
            return NO_MOMENT if self.reasons[name] else in_utc(entered, zone).isoformat()
        except (ValueError, OverflowError):
            return NO_MOMENT


def shown_moment(moment: datetime | None, zone_name: str) -> str:
    """Formats a time for a ``datetime-local`` field; empty outside the calendar's range."""
    zone = zone_of(zone_name)
    if moment is None or zone is None:
        return ""
    try:
        return moment.astimezone(zone).replace(tzinfo=None).isoformat(timespec="minutes")
    except OverflowError:
        return ""


def why_ambiguous(entered: datetime, zone: tzinfo) -> str:
    """Returns ``gap`` for a local time that ``zone`` skips, ``twice`` for a repeated one (PEP 495).

    Accepting either would silently store a time that was not meant.
    """
    first, second = (entered.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    if first == second or first is None or second is None:
        return ""
    return "gap" if first < second else "twice"


def in_utc(entered: datetime, zone: tzinfo) -> datetime:
    """Converts a local time, of which there is one."""
    return entered.replace(tzinfo=zone).astimezone(UTC)


def zone_of(name: str) -> tzinfo | None:
    """Returns the time zone with this name, such as Europe/Berlin; None if there is none."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    # User input: may be a path, a directory, or not a zone file.
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
