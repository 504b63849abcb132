"""Ranking: an order of all options, or of the first few."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
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
    check_count,
    check_fields,
    check_options,
    of_group,
    share,
)
from polls.kinds.runoff import ReadOrders, RunoffResult, run_off, write_order
from polls.kinds.schulze import find_layers

# Its cells are not shown, and there can be any number of them: polls.kinds.runoff.
ORDER_GROUP = "order"
# Schulze takes cubic time: 1.4 ms with twenty options.
MAX_RANKED_OPTIONS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingSettings(Settings):
    """``places`` is how many options can be ranked; null means that all have to be."""

    method: Literal["borda", "schulze", "instant_runoff"] = "borda"
    places: Annotated[int, Field(ge=1, le=MAX_RANKED_OPTIONS)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedOption(Wire):
    """An option in the order of the result.

    ``place`` is its place from 1, the same for those that are tied. ``points`` are Borda's: with n
    options, n - 1 for the first rank, n - 2 for the second, none without a rank. ``firsts`` is how
    many people ranked it first, with their ``share``.
    """

    option_id: Id
    place: int
    points: int
    firsts: int
    share: float
    mean_rank: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RankingTally(Wire):
    """The options, best first.

    With the method ``schulze``, ``wins`` has a row for each of ``options``, with the number of
    people who prefer it to each of ``options``; otherwise it is empty. With ``instant_runoff``,
    ``options`` are in the order of first preferences until the poll is closed, and ``runoff`` is
    null until its rounds are counted.
    """

    kind: Literal["ranking"] = "ranking"
    method: str
    options: tuple[RankedOption, ...]
    wins: tuple[tuple[int, ...], ...]
    runoff: RunoffResult | None

    @property
    def lacks_rounds(self) -> bool:
        """Whether the rounds of an instant runoff are not counted."""
        return self.method == "instant_runoff" and self.runoff is None


class Ranking(Kind):
    """An order. Only here is the order of the answers what the voter says."""

    __slots__ = ()

    name = "ranking"
    settings_class = RankingSettings
    max_options = MAX_RANKED_OPTIONS
    is_ordered = True

    @classmethod
    def check_settings(cls, settings: Any, option_count: int) -> None:
        if settings.places is not None and settings.places > option_count:
            raise ValidationFailedError.of(
                "settings.places", f"There are only {option_count} options."
            )

    def parse(self, sent: Sequence[SentAnswer]) -> Answers:
        check_fields(sent, {"option_id"}, {"rank"})
        check_options(sent, self.option_ids)
        places = self.settings.places
        if places is not None:
            check_count(sent, places, "options")
        elif len(sent) < len(self.option_ids):
            raise BallotError.of_ballot(f"Rank all {len(self.option_ids)} options.")
        return tuple(Answer(each.option_id) for each in _in_order(sent))

    def cells(self, answers: Answers) -> Counter[Cell]:
        order = [self.position_of(each.option_id) for each in answers]
        cells = Counter(
            Cell("rank", f"{position}:{rank}") for rank, position in enumerate(order, start=1)
        )
        match self.settings.method:
            case "schulze":
                cells.update(self._pairs(order))
            case "instant_runoff" if order:
                cells[Cell(ORDER_GROUP, write_order(order))] = 1
        return cells

    def _pairs(self, order: Sequence[int]) -> list[Cell]:
        """Each preference of a ballot; an option that is ranked is preferred to one that is not."""
        unranked = [each for each in range(len(self.option_ids)) if each not in order]
        pairs = [*combinations(order, 2), *((one, other) for one in order for other in unranked)]
        return [Cell("pair", f"{one}>{other}") for one, other in pairs]

    def shown_groups(self) -> Sequence[ShownGroup]:
        count = len(self.option_ids)
        groups = [ShownGroup("rank", count * count)]
        if self.settings.method == "schulze":
            groups.append(ShownGroup("pair", count * (count - 1)))
        return groups

    @property
    def has_rounds(self) -> bool:
        """Whether rounds are counted once the poll is closed."""
        return bool(self.settings.method == "instant_runoff")

    def count_rounds(self, read: ReadOrders) -> RunoffResult:
        """Return the rounds; ``read`` reads the keys of the cells of ``ORDER_GROUP``."""
        return run_off(read, self.option_ids)

    def view(self, cells: Cells, rounds: RunoffResult | None = None) -> RankingTally:
        """Return the order of the options, with ``rounds`` that :meth:`count_rounds` returned."""
        ranks = of_group(cells, "rank")
        pairs = of_group(cells, "pair")
        options = [self._ranked(position, ranks) for position in range(len(self.option_ids))]
        indexes = self._sorted(options, pairs, rounds)
        is_schulze = self.settings.method == "schulze"
        return RankingTally(
            method=self.settings.method,
            options=tuple(replace(options[index], place=place) for index, place in indexes),
            wins=tuple(
                tuple(pairs.get(f"{one}>{other}", 0) for other, _ in indexes)
                for one, _ in (indexes if is_schulze else ())
            ),
            runoff=rounds,
        )

    def show(self, answers: Answers) -> tuple[SentAnswer, ...]:
        return tuple(
            SentAnswer(option_id=each.option_id, rank=rank)
            for rank, each in enumerate(answers, start=1)
        )

    def _ranked(self, position: int, ranks: dict[str, int]) -> RankedOption:
        count = len(self.option_ids)
        by_rank = [ranks.get(f"{position}:{rank}", 0) for rank in range(1, count + 1)]
        voters = sum(ranks.get(f"{each}:1", 0) for each in range(count))
        ranked = sum(by_rank)
        rank_sum = sum(rank * number for rank, number in enumerate(by_rank, start=1))
        return RankedOption(
            option_id=self.option_ids[position],
            place=1,
            points=ranked * count - rank_sum,
            firsts=by_rank[0],
            share=share(by_rank[0], voters),
            mean_rank=round(rank_sum / ranked, 2) if ranked else None,
        )

    def _sorted(
        self,
        options: Sequence[RankedOption],
        pairs: dict[str, int],
        rounds: RunoffResult | None,
    ) -> list[tuple[int, int]]:
        """The positions of the options, best first, each with its place."""
        indexes = range(len(options))
        if self.settings.method == "schulze":
            layers = find_layers(len(options), pairs)
        elif rounds is not None:
            layers = [[self.option_ids.index(each)] for each in rounds.order]
        else:
            is_borda = self.settings.method == "borda"
            scores = [each.points if is_borda else each.firsts for each in options]
            layers = [
                [index for index in indexes if scores[index] == score]
                for score in sorted(set(scores), reverse=True)
            ]
        sorted_: list[tuple[int, int]] = []
        for layer in layers:
            place = len(sorted_) + 1
            sorted_ += [(index, place) for index in layer]
        return sorted_


def _in_order(sent: Sequence[SentAnswer]) -> Sequence[SentAnswer]:
    """The answers by rank; without ranks, in the order in which they were sent.

    :raises BallotError: unless the ranks are 1, 2, 3 and so on, or there are none.
    """
    ranks = [each.rank for each in sent]
    if not any(rank is not None for rank in ranks):
        return sent
    by_rank = sorted(sent, key=lambda each: each.rank or 0)
    if [each.rank for each in by_rank] != list(range(1, len(sent) + 1)):
        raise BallotError.of_ballot(f"Ranks must be 1 to {len(sent)}, each once.")
    return by_rank
