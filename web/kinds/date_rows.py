"""The dates of a poll as its pages show them before a script does, with times in UTC."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.utils.formats import date_format

from apikit.wire import adapter_of
from polls.kinds.dates import DatedOption, DatesSettings, DatesTally, Slot
from polls.models import Option, Poll
from polls.tally import PollResults
from web.slot_words import day_of, time_of, when

WHOLE = 1000
_EPOCH = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class DateRow:
    """A date of the ballot; ``score`` is the answer of this voter, if any."""

    option: Option
    day: str
    time: str
    is_first_of_day: bool
    score: int | None


@dataclass(frozen=True, slots=True)
class ResultRow:
    """A date of the results. Numbers are None while they are hidden; lengths are percentages."""

    option: Option
    when: str
    counts: DatedOption | None = None
    yes_length: float = 0.0
    maybe_length: float = 0.0
    is_best: bool = False


def dates_settings(poll: Poll) -> DatesSettings:
    """Return the settings of a poll of dates."""
    settings: DatesSettings = adapter_of(DatesSettings).validate_python(dict(poll.settings))
    return settings


def dated_options(poll: Poll) -> list[tuple[Option, Slot]]:
    """Return the options with their slots, by time; whole days first. The options are loaded."""
    pairs = zip(poll.options.all(), dates_settings(poll).slots, strict=True)
    return sorted(pairs, key=lambda each: (day_of(each[1]), each[1].starts_at or _EPOCH))


def has_times(poll: Poll) -> bool:
    """Return whether the time zone matters."""
    return any(slot.day is None for slot in dates_settings(poll).slots)


def ballot_rows(poll: Poll, scores: Mapping[UUID | None, int | None]) -> Sequence[DateRow]:
    """Return the dates to answer, by time."""
    rows: list[DateRow] = []
    for option, slot in dated_options(poll):
        day = date_format(day_of(slot), "DATE_FORMAT")
        is_first = not rows or rows[-1].day != day
        rows.append(DateRow(option, day, time_of(slot), is_first, scores.get(option.id)))
    return rows


def result_rows(poll: Poll, results: PollResults) -> Sequence[ResultRow]:
    """Return the dates, best first; by time while the results are hidden."""
    dated = {option.id: (option, slot) for option, slot in dated_options(poll)}
    tally = results.tally
    if not isinstance(tally, DatesTally):
        return [ResultRow(option, when(slot)) for option, slot in dated.values()]
    voters = max(1, results.total_voters or 0)
    return [
        ResultRow(
            option=dated[each.option_id][0],
            when=when(each.slot),
            counts=each,
            yes_length=each.yes * WHOLE // voters / 10,
            maybe_length=each.maybe * WHOLE // voters / 10,
            is_best=each.place == 1 and each.yes + each.maybe > 0,
        )
        for each in tally.options
    ]
