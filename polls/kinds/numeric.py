"""A number between bounds, in steps.

A number counts as the index of its step, so that sums are exact integers. The cells are the number
of voters, the sum and the sum of squares of the indexes, and at most ``MAX_BUCKETS`` buckets.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil, sqrt
from typing import Annotated, Any, Literal

from pydantic import Field

from apikit.errors import ValidationFailedError
from apikit.wire import Wire
from polls.kinds.base import (
    MAX_ENTRIES,
    Answer,
    Answers,
    BallotError,
    Cell,
    Cells,
    Kind,
    SentAnswer,
    Settings,
    ShownGroup,
    check_count,
    check_fields,
    of_group,
    share,
)
from polls.kinds.texts import Label

# So that a range like 0 to 1000 has a bucket for each number.
MAX_BUCKETS = 1001
# With a million ballots, the sum of squares fits into 64 bits.
MAX_STEPS = 1_000_000
MAX_DECIMALS = 6

Bound = Annotated[float, Field(ge=-1e9, le=1e9)]


@dataclass(frozen=True, slots=True, kw_only=True)
class NumericSettings(Settings):
    """Numbers from ``min`` to ``max``, in steps from ``min``; ``unit`` is shown with them."""

    min: Bound = 0
    max: Bound = 100
    step: Annotated[float, Field(gt=0, le=1e9)] = 1
    unit: Label | Literal[""] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar(Wire):
    """The people whose numbers are at least ``low`` and at most ``high``."""

    low: float
    high: float
    count: int
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NumericTally(Wire):
    """A histogram without its empty ends, and statistics; null without voters.

    ``deviation`` is the standard deviation of these numbers. ``median`` is exact unless
    ``is_exact`` is false; then it is the middle of the thousandth of the range that has the median.
    """

    kind: Literal["numeric"] = "numeric"
    voters: int
    bars: tuple[Bar, ...]
    mean: float | None
    deviation: float | None
    median: float | None
    is_exact: bool


class Numeric(Kind):
    """One number, without an option."""

    __slots__ = ()

    name = "numeric"
    settings_class = NumericSettings
    min_options = max_options = 0

    @classmethod
    def check_settings(cls, settings: Any, option_count: int) -> None:  # noqa: ARG003
        if settings.min >= settings.max:
            raise ValidationFailedError.of("settings.max", "Must be more than min.")
        for name in ("min", "max", "step"):
            if -_decimal(getattr(settings, name)).as_tuple().exponent > MAX_DECIMALS:  # type: ignore[operator]
                message = f"At most {MAX_DECIMALS} decimals are allowed."
                raise ValidationFailedError.of(f"settings.{name}", message)
        steps = (_decimal(settings.max) - _decimal(settings.min)) / _decimal(settings.step)
        if not 1 <= steps <= MAX_STEPS:
            message = f"There must be 1 to {MAX_STEPS:,} steps between min and max."
            raise ValidationFailedError.of("settings.step", message)

    def parse(self, sent: Sequence[SentAnswer]) -> Answers:
        check_fields(sent, {"number"})
        check_count(sent, 1, "number")
        low, high, step = self._low, _decimal(self.settings.max), self._step
        number = _decimal(sent[0].number or 0.0)
        # Before rounding, which a number with 300 digits would break.
        if low - 1 < number < high + 1:
            # Programs compute 0.8999999999999999 for 0.9.
            number = round(number, MAX_DECIMALS)
        if not low <= number <= high:
            raise BallotError.at(0, "number", f"Must be from {_text(low)} to {_text(high)}.")
        if (number - low) % step:
            message = f"Must be {_text(low)} plus a multiple of {_text(step)}."
            raise BallotError.at(0, "number", message)
        return (Answer(None, _text(number)),)

    def cells(self, answers: Answers) -> Counter[Cell]:
        cells: Counter[Cell] = Counter()
        for each in answers:
            index = int((Decimal(each.value or 0) - self._low) / self._step)
            cells[Cell("sum", "n")] = 1
            cells[Cell("sum", "s")] = index
            cells[Cell("sum", "q")] = index * index
            cells[Cell("bucket", str(index // self._width))] = 1
        return +cells

    def shown_groups(self) -> Sequence[ShownGroup]:
        return [ShownGroup("sum", 3), ShownGroup("bucket", MAX_BUCKETS)]

    def view(self, cells: Cells) -> NumericTally:
        sums = of_group(cells, "sum")
        buckets = {int(key): count for key, count in of_group(cells, "bucket").items()}
        voters, total, squares = (sums.get(name, 0) for name in "nsq")
        mean = deviation = median = None
        if voters:
            mean = self._number(Decimal(total) / voters)
            # voters² times the variance, in whole numbers.
            deviation = float(self._step) * sqrt(voters * squares - total * total) / voters
            deviation = round(deviation, MAX_DECIMALS)
            median = self._number(self._median(buckets, voters))
        return NumericTally(
            voters=voters,
            bars=tuple(self._bars(buckets, voters)),
            mean=mean,
            deviation=deviation,
            median=median,
            is_exact=self._width == 1,
        )

    def show(self, answers: Answers) -> tuple[SentAnswer, ...]:
        return tuple(SentAnswer(number=float(each.value or 0)) for each in answers)

    def _median(self, buckets: dict[int, int], voters: int) -> Decimal:
        """The index in the middle, or the mean of the two in the middle."""
        ordered = sorted(buckets.items())
        low, high = (
            self._centre_of(_bucket_at(ordered, each)) for each in ((voters - 1) // 2, voters // 2)
        )
        return (low + high) / 2

    def _centre_of(self, bucket: int) -> Decimal:
        return Decimal(bucket * self._width + self._last_of(bucket)) / 2

    def _last_of(self, bucket: int) -> int:
        """The highest index of a bucket; the last bucket can have fewer than the others."""
        return min((bucket + 1) * self._width - 1, self._steps)

    def _bars(self, buckets: dict[int, int], voters: int) -> Iterator[Bar]:
        if not buckets:
            return
        first, last = min(buckets), max(buckets)
        per_bar = ceil((last - first + 1) / MAX_ENTRIES)
        for start in range(first, last + 1, per_bar):
            stop = min(start + per_bar, last + 1)
            count = sum(buckets.get(each, 0) for each in range(start, stop))
            yield Bar(
                low=self._number(Decimal(start * self._width)),
                high=self._number(Decimal(self._last_of(stop - 1))),
                count=count,
                share=share(count, voters),
            )

    def _number(self, index: Decimal) -> float:
        """The number at an index, which need not be whole."""
        return float(round(self._low + index * self._step, MAX_DECIMALS))

    @property
    def _low(self) -> Decimal:
        return _decimal(self.settings.min)

    @property
    def _step(self) -> Decimal:
        return _decimal(self.settings.step)

    @property
    def _steps(self) -> int:
        """The index of the highest number."""
        return int((_decimal(self.settings.max) - self._low) / self._step)

    @property
    def _width(self) -> int:
        """How many steps are in a bucket."""
        return ceil((self._steps + 1) / MAX_BUCKETS)


def _bucket_at(ordered: Sequence[tuple[int, int]], index: int) -> int:
    for bucket, count in ordered:
        if index < count:
            return bucket
        index -= count
    raise IndexError(index)


def _decimal(number: float) -> Decimal:
    """The number as it was written: 0.1 is a tenth."""
    return Decimal(repr(float(number)))


def _text(number: Decimal) -> str:
    """The shortest text without an exponent: 5, 0.5, -2."""
    text = f"{number:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text
