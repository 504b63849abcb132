"""The dates of a poll as an iCalendar file (RFC 5545), for the calendars of people."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from django.utils import timezone
from icalendar import STATUS, Calendar, Event

from apikit.actors import Actor
from apikit.downloads import Download, file_stem
from polls.cells import read_tally
from polls.join_links import join_url
from polls.kinds.dates import DatedOption, DatesTally
from polls.lifecycle import state_at
from polls.models import Poll, PollState
from polls.results import get_tallied_poll_for
from votes.errors import NoDatesError, OptionNotFoundError

MEDIA_TYPE = "text/calendar; charset=utf-8"
_PRODUCT = "-//Tallyroom//Tallyroom//EN"
_MAX_INTEGER = 2**31 - 1


def export_calendar_for(
    actor: Actor, poll_id: UUID, site_url: str, option_id: UUID | None = None
) -> Download:
    """Return the dates of a poll as a file; at most five queries, and a few milliseconds.

    While people vote, all dates are in it, as tentative. Afterwards it has the best one, as
    confirmed if somebody said yes, or all that are equally good, as tentative. ``option_id`` picks
    one date.

    :raises PollNotFoundError, ResultsHiddenError: as in ``get_tallied_poll_for``.
    :raises NoDatesError: for a poll of another kind.
    :raises OptionNotFoundError: if the poll has no such date.
    """
    poll = get_tallied_poll_for(actor, poll_id)
    tally = read_tally(poll, poll.options.all()).tally
    if not isinstance(tally, DatesTally):
        raise NoDatesError
    best = [each for each in tally.options if each.place == 1]
    is_closed = state_at(poll, timezone.now()) == PollState.CLOSED
    decided = best[0] if is_closed and len(best) == 1 and best[0].yes else None
    chosen: Sequence[DatedOption] = best if is_closed else tally.options
    if option_id is not None:
        chosen = [each for each in tally.options if each.option_id == option_id]
        if not chosen:
            raise OptionNotFoundError
    link = join_url(poll, site_url)
    events = [_event(poll, each, link, is_decided=each is decided) for each in chosen]
    calendar = Calendar.new(
        prodid=_PRODUCT, method="PUBLISH", uid=f"{poll.id}@tallyroom", subcomponents=events
    )
    name = file_stem(poll.question, fallback=f"poll-{poll.join_code}")
    return Download(f"{name}.ics", MEDIA_TYPE, calendar.to_ical())


def _event(poll: Poll, date: DatedOption, link: str, *, is_decided: bool) -> Event:
    """Return an event whose id stays the same, so that importing it again replaces it."""
    slot = date.slot
    text = next(option.text for option in poll.options.all() if option.id == date.option_id)
    # A day ends where the next one begins. A time without an end takes no time.
    end = slot.ends_at if slot.day is None else slot.day + timedelta(days=1)
    return Event.new(
        uid=f"{date.option_id}@tallyroom",
        summary=poll.question,
        description=f"{text}\nYes: {date.yes}, maybe: {date.maybe}, no: {date.no}\n{link}",
        url=link,
        start=slot.day or slot.starts_at,
        end=end,
        status=STATUS.CONFIRMED if is_decided else STATUS.TENTATIVE,
        stamp=poll.tallied_at or poll.updated_at,
        last_modified=poll.updated_at,
        # Of two files, calendars keep the one with the higher number.
        sequence=min(poll.revision + poll.version, _MAX_INTEGER),
    )
