"""The dates of a poll in words, with times in UTC."""

from datetime import UTC, date

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from polls.kinds.dates import Slot


def when(slot: Slot) -> str:
    """Return a date in words; times are in UTC."""
    day, time = date_format(day_of(slot), "DATE_FORMAT"), time_of(slot)
    return day if slot.day is not None else f"{day}, {time}"


def time_of(slot: Slot) -> str:
    """Return the time of a date in words."""
    if slot.starts_at is None:
        return _("All day")
    times = [each for each in (slot.starts_at, slot.ends_at) if each is not None]
    words = " – ".join(date_format(each.astimezone(UTC), "TIME_FORMAT") for each in times)
    return f"{words} UTC"


def day_of(slot: Slot) -> date:
    """Return the day on which a date begins, in UTC."""
    if slot.day is not None:
        return slot.day
    assert slot.starts_at is not None
    return slot.starts_at.astimezone(UTC).date()
