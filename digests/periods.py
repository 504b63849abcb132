"""When digests are due: in the morning (UTC) of each day, or of each Monday."""

from datetime import UTC, datetime, timedelta

from accounts.models import Digest

_DAY = timedelta(days=1)
# 1970-01-05 was a Monday.
_MONDAY_MORNING = datetime(1970, 1, 5, 6, tzinfo=UTC)
_PERIODS = {Digest.DAILY: _DAY, Digest.WEEKLY: 7 * _DAY}


def last_end(digest: Digest, now: datetime) -> datetime:
    """Return the end of the last complete day or week; the digest that is due reaches until then.

    All recipients have the same ends, so that votes are counted once for all of them.
    """
    period = _PERIODS[digest]
    return _MONDAY_MORNING + (now - _MONDAY_MORNING) // period * period
