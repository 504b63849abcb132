"""Times as people enter them: without a zone, which the page's script adds."""

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from polls.models import Poll

# What no serializer takes for a time.
NO_MOMENT = "?"
MOMENT_FIELDS = ("opens_at", "closes_at")


class MomentReader:
    """Reads the times of a form that was sent, or of ``poll`` where none was.

    A field that was left alone means the time it was rendered for, exactly: to the microsecond,
    on its side of an hour that comes twice, and whatever the browser made of it. So the form sends
    along what the field showed (``<name>_was``) and the time itself (``<name>_exact``).
    """

    def __init__(self, data: Mapping[str, Any] | None, poll: Poll | None) -> None:
        self._data, self._poll = data, poll
        self.zone_name = str((data or {}).get("time_zone") or "UTC")
        # Why times were refused, by the field: "gap" or "twice".
        self.reasons: dict[str, str] = {}

    def hidden(self) -> list[tuple[str, str]]:
        """The names and values of the hidden fields."""
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
        """What was entered, as the API takes it; None for nothing."""
        sent = self._data or {}
        if f"{name}_exact" in sent and text == sent.get(f"{name}_was"):
            return str(sent[f"{name}_exact"]) or None
        stored: datetime | None = getattr(self._poll, name, None)
        if not text:
            return None
        if stored is not None and text == shown_moment(stored, self.zone_name):
            return stored.isoformat()
        zone = _zone(self.zone_name)
        try:
            entered = datetime.fromisoformat(text)
            if zone is None or entered.tzinfo is not None:
                return NO_MOMENT
            self.reasons[name] = _why_ambiguous(entered, zone)
            return NO_MOMENT if self.reasons[name] else _in_utc(entered, zone).isoformat()
        except (ValueError, OverflowError):
            return NO_MOMENT


def shown_moment(moment: datetime | None, zone_name: str) -> str:
    """As a ``datetime-local`` field shows it, to the minute; empty where the calendar ends."""
    zone = _zone(zone_name)
    if moment is None or zone is None:
        return ""
    try:
        return moment.astimezone(zone).replace(tzinfo=None).isoformat(timespec="minutes")
    except OverflowError:
        return ""


def _why_ambiguous(entered: datetime, zone: tzinfo) -> str:
    """``gap`` for a time that clocks skip in ``zone``, ``twice`` for one they repeat (PEP 495).

    Either would silently become another time than the one that was meant.
    """
    first, second = (entered.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    if first == second or first is None or second is None:
        return ""
    return "gap" if first < second else "twice"


def _in_utc(entered: datetime, zone: tzinfo) -> datetime:
    return entered.replace(tzinfo=zone).astimezone(UTC)


def _zone(name: str) -> tzinfo | None:
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    # A path that leads out, a folder, a file that is none: all come from outside.
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
