"""Schulze, instant runoff and STAR agree with independent implementations, and with textbooks."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from random import Random
from typing import Any

import pytest
import starvote
from pyrankvote import Ballot, Candidate, instant_runoff_voting
from schulze_condorcet import schulze_evaluate

from polls.kinds.base import Cell, Kind, SentAnswer
from polls.kinds.ranking import Ranking, RankingTally
from polls.kinds.rating import RatingTally
from polls.kinds.star import StarResult
from tests.polls.kinds.generators import count_rounds, make_kind

ELECTIONS = 1000
LETTERS = "ABCDEFG"


def ranked(kind: Kind, order: str) -> list[SentAnswer]:
    """The ballot that ranks letters, A for the first option."""
    return [SentAnswer(option_id=kind.option_ids[LETTERS.index(each)]) for each in order]


def letter(kind: Kind, option_id: Any) -> str:
    return LETTERS[kind.option_ids.index(option_id)]


def rank_all(method: str, orders: dict[str, int], options: int) -> tuple[Kind, RankingTally]:
    """Counts ``orders`` with their numbers of voters."""
    kind = make_kind("ranking", options, method=method, places=options)
    tally: Counter[Cell] = Counter()
    for order, voters in orders.items():
        for cell, count in kind.cells(kind.parse(ranked(kind, order))).items():
            tally[cell] += count * voters
    assert isinstance(kind, Ranking)
    return kind, kind.view(tally, count_rounds(kind, tally))


def layers_of(kind: Kind, view: RankingTally) -> str:
    """The result like ``A>B=C``; tied letters in the order of the alphabet."""
    text = letter(kind, view.options[0].option_id)
    for one, other in pairwise(view.options):
        text += ("=" if one.place == other.place else ">") + letter(kind, other.option_id)
    return text


def random_orders(chance: Random) -> tuple[dict[str, int], int]:
    options = chance.randint(2, 6)
    orders: Counter[str] = Counter()
    for _ in range(chance.randint(1, 10)):
        letters = chance.sample(LETTERS[:options], chance.randint(1, options))
        orders["".join(letters)] += chance.randint(1, 5)
    return dict(orders), options


def test_schulze_agrees_with_an_independent_implementation() -> None:
    """On the winners: for the other places, that one removes the winners and counts again."""
    chance = Random("schulze")
    for _ in range(ELECTIONS):
        orders, options = random_orders(chance)
        votes = []
        for order, count in orders.items():
            unranked = "=".join(sorted(set(LETTERS[:options]) - set(order)))
            votes += [">".join([*order, *([unranked] if unranked else [])])] * count
        winners, *_ = schulze_evaluate(votes, list(LETTERS[:options])).split(">")
        assert layers_of(*rank_all("schulze", orders, options)).split(">")[0] == winners


def test_instant_runoff_agrees_with_an_independent_implementation() -> None:
    """Where ties have to be broken, implementations differ, and one of them draws lots."""
    chance, compared = Random("runoff"), 0
    while compared < ELECTIONS:
        orders, options = random_orders(chance)
        kind, view = rank_all("instant_runoff", orders, options)
        assert view.runoff is not None
        if had_tie(view):
            continue
        candidates = [Candidate(each) for each in LETTERS[:options]]
        ballots = [
            Ballot([candidates[LETTERS.index(each)] for each in order])
            for order, count in orders.items()
            for _ in range(count)
        ]
        [winner] = instant_runoff_voting(candidates, ballots).get_winners()
        assert letter(kind, view.runoff.winner_id) == winner.name
        compared += 1


def had_tie(view: RankingTally) -> bool:
    """Whether several options had the fewest votes in a round that eliminates one."""
    assert view.runoff is not None
    return any(
        each.counts.count(min(each.counts)) > 1
        for each in view.runoff.rounds
        if each.eliminated_id is not None
    )


def run_star(ballots: Sequence[dict[str, int]], options: int) -> tuple[Kind, StarResult]:
    kind = make_kind("rating", options, method="star")
    sent = [
        [
            SentAnswer(option_id=id_, score=each.get(LETTERS[index], 0))
            for index, id_ in enumerate(kind.option_ids)
        ]
        for each in ballots
    ]
    tally: Counter[Cell] = Counter()
    for answers in sent:
        tally.update(kind.cells(kind.parse(answers)))
    view = kind.view(tally)
    assert isinstance(view, RatingTally)
    assert view.star is not None
    return kind, view.star


def test_star_agrees_with_an_independent_implementation() -> None:
    chance, decided = Random("star"), 0
    for _ in range(ELECTIONS):
        options = chance.randint(2, 6)
        ballots = [
            {each: chance.randint(0, 5) for each in LETTERS[:options]}
            for _ in range(chance.randint(1, 20))
        ]
        kind, result = run_star(ballots, options)
        if result.is_tied:
            continue
        [winner] = starvote.star_voting(ballots, verbosity=0, tiebreaker=None)
        assert letter(kind, result.winner_id) == winner
        decided += 1
    assert decided > ELECTIONS * 0.9


@pytest.mark.parametrize(
    ("orders", "expected"),
    [
        # Schulze's own example 1, and the one of Wikipedia.
        (
            {"ACDB": 8, "BADC": 2, "CDBA": 4, "DBAC": 4, "DCBA": 3},
            "D>A>C>B",
        ),
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
    ],
)
def test_schulze_solves_the_examples_of_textbooks(orders: dict[str, int], expected: str) -> None:
    assert layers_of(*rank_all("schulze", orders, len(expected) // 2 + 1)) == expected


# Where Tennessee's capital should be: Memphis, Nashville, Chattanooga, Knoxville.
TENNESSEE = {"ABCD": 42, "BCDA": 26, "CDBA": 15, "DCBA": 17}


def test_the_methods_choose_different_capitals_of_tennessee() -> None:
    assert layers_of(*rank_all("schulze", TENNESSEE, 4)) == "B>C>D>A"
    kind, borda = rank_all("borda", TENNESSEE, 4)
    assert layers_of(kind, borda) == "B>C>A>D"
    assert [each.points for each in borda.options] == [194, 173, 126, 107]
    kind, runoff = rank_all("instant_runoff", TENNESSEE, 4)
    assert layers_of(kind, runoff) == "D>A>B>C"
    assert runoff.runoff is not None
    assert [each.counts for each in runoff.runoff.rounds] == [
        (42, 26, 15, 17),
        (42, 26, 32),
        (42, 58),
    ]


def test_star_chooses_nashville() -> None:
    """The example of Wikipedia, with scores by distance."""
    scores = {
        "A": (5, 2, 1, 0),
        "B": (0, 5, 2, 2),
        "C": (0, 3, 5, 4),
        "D": (0, 2, 4, 5),
    }
    voters = {"A": 42, "B": 26, "C": 15, "D": 17}
    ballots = [
        dict(zip("ABCD", scores[city], strict=True))
        for city, count in voters.items()
        for _ in range(count)
    ]
    kind, result = run_star(ballots, 4)
    assert [
        (letter(kind, each.option_id), each.score, each.preferred) for each in result.finalists
    ] == [("B", 293, 68), ("C", 237, 32)]
