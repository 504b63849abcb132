"""Times as people enter them: without a zone, which the page's script tells."""

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

# What no serializer takes for a time.
NO_MOMENT = "?"


def moment_on_wire(text: str, zone_name: str, stored: datetime | None) -> str | None:
    """What was entered in a zone, as the API takes it; None for nothing.

    A field that was left alone means what is ``stored``, to the microsecond, which it doesn't
    show, and on the right side of the hour that comes twice.
    """
    if not text:
        return None
    if stored is not None and text == shown_moment(stored, zone_name):
        return stored.isoformat()
    zone = _zone(zone_name)
    try:
        entered = datetime.fromisoformat(text)
        if zone is None or entered.tzinfo is not None:
            return NO_MOMENT
        return entered.replace(tzinfo=zone).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        return NO_MOMENT


def shown_moment(moment: datetime | None, zone_name: str) -> str:
    """As a ``datetime-local`` field shows it, to the minute."""
    zone = _zone(zone_name)
    if moment is None or zone is None:
        return ""
    return moment.astimezone(zone).strftime("%Y-%m-%dT%H:%M")


def _zone(name: str) -> tzinfo | None:
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    # A path that leads out, a folder, a file that is none: all come from outside.
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
