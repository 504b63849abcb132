"""Numbers and times as the language of a report writes them."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.formats import date_format, number_format
from django.utils.translation import pgettext


def show_number(value: int) -> str:
    return number_format(value, force_grouping=True)


def show_percentage(value: float | None, places: int = 1) -> str:
    """Return a percentage with all its decimal places, so that numbers in a column line up."""
    number = number_format(value or 0.0, decimal_pos=places, force_grouping=True)
    return pgettext("percentage", "{number}%").format(number=number)


def show_time(moment: datetime, zone: ZoneInfo) -> str:
    pattern = pgettext("date format of Django", "j M Y, H:i")
    return date_format(moment.astimezone(zone), pattern)


def show_zone(moment: datetime, zone: ZoneInfo) -> str:
    """Return the name of a time zone with its offset then, such as ``Europe/Berlin (UTC+1)``."""
    minutes = round((zone.utcoffset(moment) or timedelta()).total_seconds() / 60)
    if not minutes:
        return zone.key
    hours, rest = divmod(abs(minutes), 60)
    offset = f"{'+' if minutes > 0 else '−'}{hours}" + (f":{rest:02}" if rest else "")
    return f"{zone.key} (UTC{offset})"


def show_decimal(value: float | None, places: int = 2) -> str:
    """Return a number with decimal places, or a dash if there is none."""
    if value is None:
        return "–"
    return number_format(value, decimal_pos=places, force_grouping=True)
