"""Schulze, instant runoff and STAR agree with independent implementations, and with textbooks."""

from collections.abc import Mapping
from random import Random
from typing import Any

import pytest

from tests.polls.kinds.elections import (
    COMPARISONS,
    compare_many,
    layers_of,
    letter,
    rank_all,
    run_star,
)

# `python -m tests.polls.kinds.elections` compares any number.
ELECTIONS = 300


@pytest.mark.parametrize("method", COMPARISONS)
def test_random_elections_agree_with_an_independent_implementation(method: str) -> None:
    decided = compare_many(method, ELECTIONS, Random(method))
    assert decided > ELECTIONS * 0.6


@pytest.mark.parametrize(
    ("orders", "expected"),
    [
        # Schulze's own example 1, and the one of Wikipedia.
        ({"ACDB": 8, "BADC": 2, "CDBA": 4, "DBAC": 4, "DCBA": 3}, "D>A>C>B"),
        (
            {
                "ACBED": 5,
                "ADECB": 5,
                "BEDAC": 8,
                "CABED": 3,
                "CAEBD": 7,
                "CBADE": 2,
                "DCEBA": 7,
                "EBADC": 8,
            },
            "E>A>C>B>D",
        ),
        # Condorcet's cycle: A beats B, B beats C, C beats A; A's victory is the weakest.
        ({"ABC": 23, "BCA": 17, "BAC": 2, "CAB": 10, "CBA": 8}, "B>C>A"),
        ({"ABC": 1, "BCA": 1, "CAB": 1}, "A=B=C"),
    ],
)
def test_schulze_solves_the_examples_of_textbooks(orders: dict[str, int], expected: str) -> None:
    assert layers_of(*rank_all("schulze", orders, len(expected) // 2 + 1)) == expected


def rounds_of(orders: dict[str, int], options: int) -> tuple[list[tuple[int, ...]], str]:
    """The counts of each round, and the winner."""
    kind, view = rank_all("instant_runoff", orders, options)
    assert view.runoff is not None
    counts = [each.counts for each in view.runoff.rounds]
    return counts, letter(kind, view.runoff.winner_id)


# Where Tennessee's capital should be: Memphis, Nashville, Chattanooga, Knoxville.
TENNESSEE = {"ABCD": 42, "BCDA": 26, "CDBA": 15, "DCBA": 17}


def test_the_methods_choose_different_capitals_of_tennessee() -> None:
    assert layers_of(*rank_all("schulze", TENNESSEE, 4)) == "B>C>D>A"
    kind, borda = rank_all("borda", TENNESSEE, 4)
    assert layers_of(kind, borda) == "B>C>A>D"
    assert [each.points for each in borda.options] == [194, 173, 126, 107]
    assert layers_of(*rank_all("instant_runoff", TENNESSEE, 4)) == "D>A>B>C"
    assert rounds_of(TENNESSEE, 4) == ([(42, 26, 15, 17), (42, 26, 32), (42, 58)], "D")


# The last three of Burlington's candidates for mayor in 2009: Montroll, Kiss, Wright.
BURLINGTON = {
    "ABC": 1332,
    "ACB": 767,
    "A": 455,
    "BAC": 2043,
    "BCA": 371,
    "B": 568,
    "CAB": 1513,
    "CBA": 495,
    "C": 1289,
}


def test_burlington_elects_kiss_though_most_prefer_montroll_to_each_of_the_others() -> None:
    assert rounds_of(BURLINGTON, 3) == ([(2554, 2982, 3297), (4314, 4064)], "B")
    assert layers_of(*rank_all("schulze", BURLINGTON, 3)) == "A>B>C"


def test_more_votes_make_kiss_lose_because_instant_runoff_is_not_monotonic() -> None:
    """753 of Wright's voters put Kiss first, and so Wright is eliminated in Montroll's place."""
    changed = BURLINGTON | {"CBA": 0, "BCA": 371 + 495, "C": 1289 - 258, "BC": 258}
    orders = {order: count for order, count in changed.items() if count}
    assert rounds_of(orders, 3) == ([(2554, 3735, 2544), (4067, 3735)], "A")


def finalists_of(voters: Mapping[Any, int]) -> list[tuple[str, int, int]]:
    """The finalists with their sums and who prefers them, from numbers of voters by scores."""
    options = len(next(iter(voters)))
    letters = "ABCDEFGH"[:options]
    ballots = [
        dict(zip(letters, scores, strict=True))
        for scores, count in voters.items()
        for _ in range(count)
    ]
    kind, result = run_star(ballots, options)
    return [(letter(kind, each.option_id), each.score, each.preferred) for each in result.finalists]


def test_star_chooses_nashville() -> None:
    """The example of Wikipedia, with scores by distance."""
    voters = {(5, 2, 1, 0): 42, (0, 5, 2, 2): 26, (0, 3, 5, 4): 15, (0, 2, 4, 5): 17}
    assert finalists_of(voters) == [("B", 293, 68), ("C", 237, 32)]


def test_star_prefers_the_choice_of_the_majority_to_the_highest_sum() -> None:
    assert finalists_of({(5, 4, 0): 55, (0, 5, 1): 45}) == [("A", 275, 55), ("B", 445, 45)]


def test_star_breaks_ties_of_the_runoff_by_sums_and_of_sums_by_preferences() -> None:
    # As many prefer either; B has the higher sum.
    assert finalists_of({(5, 4): 1, (0, 5): 1}) == [("B", 9, 1), ("A", 5, 1)]
    # B and C have the same sum, and more people prefer C to B.
    voters = {(5, 0, 1): 2, (5, 2, 0): 1}
    assert finalists_of(voters) == [("A", 15, 3), ("C", 2, 0)]
