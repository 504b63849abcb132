"""STAR voting: score, then automatic runoff (starvoting.org).

The two options with the highest sums go into a runoff, in which each voter counts for the one that
they scored higher. Ties are broken by the official protocol, from sums only: in the scoring round
by head-to-head preferences among the tied, then by the number of highest scores; in the runoff by
sums, then by the number of highest scores. What is still tied is decided by the order of the
options and reported as ``is_tied``.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from apikit.wire import Id, Wire
from polls.kinds.levels import LevelCounts

# The strength of an option among these options.
Measure = Callable[[int, Sequence[int]], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finalist(Wire):
    """``score`` is the sum of the levels, ``preferred`` how many people scored it higher."""

    option_id: Id
    score: int
    preferred: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StarResult(Wire):
    """The runoff, its winner first. ``equal`` is how many people scored both the same.

    ``is_tied`` means that only the order of the options decided.
    """

    winner_id: Id | None
    finalists: tuple[Finalist, ...]
    equal: int
    is_tied: bool


def find_star_winner(
    levels: Sequence[LevelCounts], pairs: Mapping[str, int], option_ids: Sequence[UUID]
) -> StarResult:
    """Return the result from level counts and from pairs with keys like ``0>4``."""
    voters = sum(levels[0])
    if not voters:
        return StarResult(winner_id=None, finalists=(), equal=0, is_tied=False)

    def score(option: int, among: Sequence[int]) -> int:
        return levels[option].total

    def preferred(option: int, among: Sequence[int]) -> int:
        return sum(pairs.get(f"{option}>{other}", 0) for other in among if other != option)

    def best_scores(option: int, among: Sequence[int]) -> int:
        return levels[option][-1]

    finalists, is_tied = _select(range(len(levels)), 2, (score, preferred, best_scores))
    [winner], is_runoff_tied = _select(finalists, 1, (preferred, score, best_scores))
    ordered = [winner, *(each for each in finalists if each != winner)]
    shown = tuple(
        Finalist(
            option_id=option_ids[each],
            score=score(each, finalists),
            preferred=preferred(each, finalists),
        )
        for each in ordered
    )
    return StarResult(
        winner_id=option_ids[winner],
        finalists=shown,
        equal=voters - sum(each.preferred for each in shown),
        is_tied=is_tied or is_runoff_tied,
    )


def _select(
    options: Sequence[int], count: int, measures: Sequence[Measure]
) -> tuple[list[int], bool]:
    """Return the ``count`` strongest options, and whether only their order decided.

    Those that are tied at the cut are compared by the next of ``measures``.
    """
    if len(options) == count:
        return list(options), False
    if not measures:
        return list(options[:count]), True
    measure, *others = measures
    strengths = {each: measure(each, options) for each in options}
    cut = sorted(strengths.values(), reverse=True)[count - 1]
    sure = [each for each in options if strengths[each] > cut]
    tied = [each for each in options if strengths[each] == cut]
    rest, is_tied = _select(tied, count - len(sure), others)
    return sure + rest, is_tied
