"""Points: each voter divides a number of points among the options."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

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
    share,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsSettings(Settings):
    """``total`` is how many points a voter has; they can keep some unless they must spend all."""

    total: Annotated[int, Field(ge=1, le=1000)] = 100
    must_spend_all: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsOption(Wire):
    """``mean`` is per voter, also of those who gave this option none; null without voters."""

    option_id: Id
    points: int
    mean: float | None
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PointsTally(Wire):
    """The points of all options, in their order."""

    kind: Literal["points"] = "points"
    options: tuple[PointsOption, ...]
    voters: int
    total: int


class Points(Kind):
    """Points for options; options without points are left out."""

    __slots__ = ()

    name = "points"
    settings_class = PointsSettings

    def parse(self, sent: Sequence[SentAnswer]) -> Answers:
        check_fields(sent, {"option_id", "score"})
        check_options(sent, self.option_ids)
        total = self.settings.total
        for index, each in enumerate(sent):
            if each.score is None or not 0 <= each.score <= total:
                raise BallotError.at(index, "score", f"Must be 0 to {total} points.")
        points = {each.option_id: each.score or 0 for each in sent}
        spent = sum(points.values())
        if spent > total or (self.settings.must_spend_all and spent < total):
            rule = "exactly" if self.settings.must_spend_all else "at most"
            raise BallotError.of_ballot(f"Spend {rule} {total} points; these are {spent}.")
        if not spent:
            raise BallotError.of_ballot("Give at least one point.")
        return tuple(Answer(id_, str(points[id_])) for id_ in self.option_ids if points.get(id_))

    def cells(self, answers: Answers) -> Counter[Cell]:
        cells: Counter[Cell] = Counter()
        for each in answers:
            cells[Cell("points", str(self.position_of(each.option_id)))] = int(each.value or 0)
        if answers:
            cells[Cell("voters", "")] = 1
        return cells

    def shown_groups(self) -> Sequence[ShownGroup]:
        return [ShownGroup("points", len(self.option_ids)), ShownGroup("voters", 1)]

    def view(self, cells: Cells) -> PointsTally:
        by_position = of_group(cells, "points")
        voters = of_group(cells, "voters").get("", 0)
        total = sum(by_position.values())
        return PointsTally(
            options=tuple(
                _with_points(id_, by_position.get(str(position), 0), voters, total)
                for position, id_ in enumerate(self.option_ids)
            ),
            voters=voters,
            total=total,
        )

    def show(self, answers: Answers) -> tuple[SentAnswer, ...]:
        return tuple(
            SentAnswer(option_id=each.option_id, score=int(each.value or 0)) for each in answers
        )


def _with_points(option_id: Any, points: int, voters: int, total: int) -> PointsOption:
    return PointsOption(
        option_id=option_id,
        points=points,
        mean=round(points / voters, 2) if voters else None,
        share=share(points, total),
    )
