"""Rating: statements on a scale, also yes, no and abstain; with STAR, one of them wins."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Annotated, Any, Literal

from pydantic import Field

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
    share,
)
from polls.kinds.levels import LevelCounts, count_levels
from polls.kinds.star import StarResult, find_star_winner
from polls.kinds.texts import Label

# Pairs grow with the square of the options.
MAX_STAR_OPTIONS = 20
# No, yes.
YES_NO_STEPS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingSettings(Settings):
    """Levels go from 1 to ``steps``; 0 skips a statement, or abstains.

    ``labels`` are empty, or one for each level. With the scale ``yes_no``, 1 is no and 2 is yes.
    With the method ``star``, two statements with the highest sums go into a runoff.
    """

    scale: Literal["steps", "yes_no"] = "steps"
    steps: Annotated[int, Field(ge=3, le=11)] = 5
    labels: Annotated[tuple[Label, ...], Field(max_length=11)] = ()
    method: Literal["mean", "star"] = "mean"

    @property
    def highest(self) -> int:
        """The highest level."""
        return YES_NO_STEPS if self.scale == "yes_no" else self.steps


@dataclass(frozen=True, slots=True, kw_only=True)
class RatedOption(Wire):
    """The ratings of a statement.

    ``distribution`` has the number of people for each level from 1; ``skipped`` is how many voted
    without rating this statement. ``mean`` and ``median`` are null without ratings.
    """

    option_id: Id
    rated: int
    skipped: int
    mean: float | None
    median: float | None
    distribution: tuple[int, ...]
    shares: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingTally(Wire):
    """The ratings of all statements in their order; ``star`` is null without that method."""

    kind: Literal["rating"] = "rating"
    options: tuple[RatedOption, ...]
    star: StarResult | None


class Rating(Kind):
    """A level for each statement; statements can be skipped."""

    __slots__ = ()

    name = "rating"
    settings_class = RatingSettings
    min_options = 1

    @classmethod
    def check_settings(cls, settings: Any, option_count: int) -> None:
        if settings.labels and len(settings.labels) != settings.highest:
            raise ValidationFailedError.of(
                "settings.labels", f"Send {settings.highest} labels, one for each level, or none."
            )
        if settings.method == "star" and not 2 <= option_count <= MAX_STAR_OPTIONS:
            raise ValidationFailedError.of(
                "options", f"STAR needs 2 to {MAX_STAR_OPTIONS} options."
            )

    def parse(self, sent: Sequence[SentAnswer]) -> Answers:
        check_fields(sent, {"option_id", "score"})
        check_options(sent, self.option_ids)
        highest = self.settings.highest
        for index, each in enumerate(sent):
            if each.score is None or not 0 <= each.score <= highest:
                message = f"Must be a level from 1 to {highest}, or 0 to skip."
                raise BallotError.at(index, "score", message)
        levels = {each.option_id: each.score or 0 for each in sent}
        # Skipping a statement is the same as leaving it out, unless all of them are skipped.
        is_blank = not any(levels.values())
        return tuple(
            Answer(id_, str(levels[id_]))
            for id_ in self.option_ids
            if (is_blank and id_ in levels) or levels.get(id_)
        )

    def cells(self, answers: Answers) -> Counter[Cell]:
        if not answers:
            return Counter()
        levels = self._levels(answers)
        cells = Counter(
            Cell("level", f"{position}:{level}") for position, level in enumerate(levels)
        )
        if self.settings.method == "star":
            for one, other in combinations(range(len(levels)), 2):
                if levels[one] != levels[other]:
                    pair = (one, other) if levels[one] > levels[other] else (other, one)
                    cells[Cell("pair", f"{pair[0]}>{pair[1]}")] = 1
        return cells

    def shown_groups(self) -> Sequence[ShownGroup]:
        count = len(self.option_ids)
        groups = [ShownGroup("level", count * (self.settings.highest + 1))]
        if self.settings.method == "star":
            groups.append(ShownGroup("pair", count * (count - 1)))
        return groups

    def view(self, cells: Cells) -> RatingTally:
        counts = count_levels(of_group(cells, "level"), len(self.option_ids), self.settings.highest)
        star = None
        if self.settings.method == "star":
            star = find_star_winner(counts, of_group(cells, "pair"), self.option_ids)
        return RatingTally(
            options=tuple(
                _rated(id_, levels) for id_, levels in zip(self.option_ids, counts, strict=True)
            ),
            star=star,
        )

    def show(self, answers: Answers) -> tuple[SentAnswer, ...]:
        return tuple(
            SentAnswer(option_id=each.option_id, score=int(each.value or 0)) for each in answers
        )

    def _levels(self, answers: Answers) -> list[int]:
        """The level of each option, 0 for those that were skipped."""
        by_id = {each.option_id: int(each.value or 0) for each in answers}
        return [by_id.get(id_, 0) for id_ in self.option_ids]


def _rated(option_id: Id, levels: LevelCounts) -> RatedOption:
    skipped, *distribution = levels
    rated = sum(distribution)
    return RatedOption(
        option_id=option_id,
        rated=rated,
        skipped=skipped,
        mean=levels.mean,
        median=levels.median,
        distribution=tuple(distribution),
        shares=tuple(share(count, rated) for count in distribution),
    )
