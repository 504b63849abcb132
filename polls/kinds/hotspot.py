"""Hotspot: places on a picture, counted on a grid."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

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

COLUMNS = 32
ROWS = 18
# Places are kept to a ten-thousandth of the picture: less than a pixel.
DECIMALS = 4
HOTTEST = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class HotspotSettings(Settings):
    """How many places a voter can mark."""

    max_places: Annotated[int, Field(ge=1, le=10)] = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot(Wire):
    """A field of the grid, counted from the top left corner from 0."""

    column: int
    row: int
    count: int
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class HotspotTally(Wire):
    """The fifty fields with the most places, and all of them as a heat map.

    ``heat`` has a hex digit for each field, row by row: 0 for none, f for the most.
    """

    kind: Literal["hotspot"] = "hotspot"
    columns: int = COLUMNS
    rows: int = ROWS
    spots: tuple[Spot, ...]
    heat: str
    total: int


class Hotspot(Kind):
    """Places without options: ``x`` and ``y`` from 0 to 1, from the top left corner."""

    __slots__ = ()

    name = "hotspot"
    settings_class = HotspotSettings
    min_options = max_options = 0
    has_picture = True

    def parse(self, sent: Sequence[SentAnswer]) -> Answers:
        check_fields(sent, {"x", "y"})
        check_count(sent, self.settings.max_places, "places")
        places: dict[str, None] = {}
        for index, each in enumerate(sent):
            for name, value in (("x", each.x), ("y", each.y)):
                if value is None or not 0 <= value <= 1:
                    raise BallotError.at(index, name, "Must be from 0 to 1.")
            places[f"{_rounded(each.x)},{_rounded(each.y)}"] = None
        # Sorted, because marking the same places in another order says the same.
        return tuple(Answer(None, place) for place in sorted(places))

    def cells(self, answers: Answers) -> Counter[Cell]:
        return Counter(Cell("place", f"{column},{row}") for column, row in map(_field, answers))

    def shown_groups(self) -> Sequence[ShownGroup]:
        return [ShownGroup("place", COLUMNS * ROWS)]

    def view(self, cells: Cells) -> HotspotTally:
        spots = count_spots(cells)
        counts = {(each.column, each.row): each.count for each in spots}
        most = max(counts.values(), default=0)
        return HotspotTally(
            spots=tuple(spots[:MAX_ENTRIES]),
            heat="".join(
                _heat(counts.get((column, row), 0), most)
                for row in range(ROWS)
                for column in range(COLUMNS)
            ),
            total=sum(counts.values()),
        )

    def show(self, answers: Answers) -> tuple[SentAnswer, ...]:
        places = [_place(each) for each in answers]
        return tuple(SentAnswer(x=x, y=y) for x, y in places)


def _rounded(value: float | None) -> str:
    return f"{value or 0:.{DECIMALS}f}"


def count_spots(cells: Cells) -> list[Spot]:
    """Return all fields with places, those with the most first."""
    counts = {_pair(key): count for key, count in of_group(cells, "place").items()}
    total = sum(counts.values())
    largest = sorted(counts.items(), key=lambda each: (-each[1], each[0][1], each[0][0]))
    return [
        Spot(column=column, row=row, count=count, share=share(count, total))
        for (column, row), count in largest
    ]


def _place(answer: Answer) -> tuple[float, float]:
    x, _, y = (answer.value or "").partition(",")
    return float(x), float(y)


def _field(answer: Answer) -> tuple[int, int]:
    """The column and row of a place; the right and lower edges belong to the last ones."""
    x, y = _place(answer)
    return min(int(x * COLUMNS), COLUMNS - 1), min(int(y * ROWS), ROWS - 1)


def _pair(key: str) -> tuple[int, int]:
    column, _, row = key.partition(",")
    return int(column), int(row)


def _heat(count: int, most: int) -> str:
    """One place is never cold, and only the most is the hottest."""
    return f"{-(-count * HOTTEST // most):x}" if count else "0"
