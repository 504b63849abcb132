"""Dates: yes, maybe or no for each date or slot."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, Field

from apikit.errors import ValidationFailedError
from apikit.wire import Id, Wire
from polls.kinds.base import (
    Answer,
    Answers,
    BallotError,
    Cell,
    Cells,
    Kind,
    SentAnswer,
    Settings,
    ShownGroup,
    check_fields,
    check_options,
    of_group,
)
from polls.kinds.levels import count_levels

NO, MAYBE, YES = 1, 2, 3
# Later or earlier days have no time in some time zones.
FIRST_YEAR, LAST_YEAR = 1970, 9998


def _check_year(day: date) -> date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"from {FIRST_YEAR} to {LAST_YEAR}")
    return day


def _in_utc(moment: datetime) -> datetime:
    _check_year(moment)
    return moment.astimezone(UTC)


Day = Annotated[date, AfterValidator(_check_year)]
Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot(Wire):
    """A whole day, or a time in UTC with an optional end."""

    day: Day | None = None
    starts_at: Moment | None = None
    ends_at: Moment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DatesSettings(Settings):
    """``slots`` are the dates of the options, in their order."""

    slots: Annotated[tuple[Slot, ...], Field(max_length=50)] = ()
    allows_maybe: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedOption(Wire):
    """How many people can come. ``place`` is the same for those that are equally good."""

    option_id: Id
    place: int
    slot: Slot
    yes: int
    maybe: int
    no: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DatesTally(Wire):
    """The dates, best first: by yes, then by maybe, then by time."""

    kind: Literal["dates"] = "dates"
    options: tuple[DatedOption, ...]


class Dates(Kind):
    """A level for each date: 1 is no, 2 maybe, 3 yes; without a level, a date counts as no."""

    __slots__ = ()

    name = "dates"
    has_places = True
    settings_class = DatesSettings
    min_options = 1

    @classmethod
    def check_settings(cls, settings: Any, option_count: int) -> None:
        if len(settings.slots) != option_count:
            raise ValidationFailedError.of("settings.slots", "Send one slot for each option.")
        for index, slot in enumerate(settings.slots):
            field = f"settings.slots.{index}"
            if (slot.day is None) == (slot.starts_at is None):
                raise ValidationFailedError.of(field, "Send either day or startsAt.")
            if slot.ends_at is not None and not (slot.starts_at and slot.starts_at < slot.ends_at):
                raise ValidationFailedError.of(f"{field}.endsAt", "Must be after startsAt.")

    def parse(self, sent: Sequence[SentAnswer]) -> Answers:
        check_fields(sent, {"option_id", "score"})
        check_options(sent, self.option_ids)
        allowed = {NO, MAYBE, YES} if self.settings.allows_maybe else {NO, YES}
        for index, each in enumerate(sent):
            if each.score not in allowed:
                names = "1 (no), 2 (maybe) or 3 (yes)" if MAYBE in allowed else "1 (no) or 3 (yes)"
                raise BallotError.at(index, "score", f"Must be {names}.")
        levels = {each.option_id: each.score for each in sent}
        return tuple(Answer(id_, str(levels.get(id_) or NO)) for id_ in self.option_ids)

    def cells(self, answers: Answers) -> Counter[Cell]:
        return Counter(
            Cell("level", f"{self.position_of(each.option_id)}:{each.value}") for each in answers
        )

    def shown_groups(self) -> Sequence[ShownGroup]:
        return [ShownGroup("level", len(self.option_ids) * YES)]

    def view(self, cells: Cells) -> DatesTally:
        counts = count_levels(of_group(cells, "level"), len(self.option_ids), YES)
        keys = [(-levels[YES], -levels[MAYBE]) for levels in counts]
        slots = self.settings.slots
        order = sorted(range(len(counts)), key=lambda each: (keys[each], _begins(slots[each])))
        return DatesTally(
            options=tuple(
                DatedOption(
                    option_id=self.option_ids[index],
                    place=1 + sum(key < keys[index] for key in keys),
                    slot=slots[index],
                    yes=counts[index][YES],
                    maybe=counts[index][MAYBE],
                    no=counts[index][NO],
                )
                for index in order
            )
        )

    def takes_place(self, answer: Answer) -> bool:
        return answer.value == str(YES)

    def place_cell(self, option_id: UUID) -> Cell:
        return Cell("level", f"{self.position_of(option_id)}:{YES}")

    def show(self, answers: Answers) -> tuple[SentAnswer, ...]:
        return tuple(
            SentAnswer(option_id=each.option_id, score=int(each.value or NO)) for each in answers
        )


def _begins(slot: Slot) -> tuple[str, str]:
    moment: date | datetime | None = slot.day or slot.starts_at
    assert moment is not None
    return moment.isoformat()[:10], moment.isoformat()
