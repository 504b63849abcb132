"""Random elections, counted by us and by independent implementations of the same methods.

    .venv/bin/python -m tests.polls.kinds.elections 20000

compares so many of each method, with new ones each time, and prints how many were decided.
"""

import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import combinations
from random import Random
from string import ascii_uppercase
from typing import Any

import starvote
from pyrankvote import Ballot, Candidate, instant_runoff_voting
from schulze_condorcet import schulze_evaluate

from polls.kinds.base import Cell, Kind, SentAnswer
from polls.kinds.ranking import Ranking, RankingTally
from polls.kinds.rating import RatingTally
from polls.kinds.star import StarResult
from tests.polls.kinds.generators import count_rounds, make_kind

MAX_OPTIONS = 20
LETTERS = ascii_uppercase[:MAX_OPTIONS]

# Ballots like ``CAB``, best first, with their number of voters; they need not rank all options.
Orders = Mapping[str, int]


# Counted by us


def letter(kind: Kind, option_id: Any) -> str:
    """The letter of an option, A for the first."""
    return LETTERS[kind.option_ids.index(option_id)]


def rank_all(method: str, orders: Orders, options: int) -> tuple[Kind, RankingTally]:
    """Counts ``orders``."""
    kind = make_kind("ranking", options, method=method, places=options)
    assert isinstance(kind, Ranking)
    tally: Counter[Cell] = Counter()
    for order, voters in orders.items():
        sent = [SentAnswer(option_id=kind.option_ids[LETTERS.index(each)]) for each in order]
        for cell, count in kind.cells(kind.parse(sent)).items():
            tally[cell] += count * voters
    return kind, kind.view(tally, count_rounds(kind, tally))


def layers_of(kind: Kind, view: RankingTally) -> str:
    """The result like ``A>B=C``; tied letters in the order of the alphabet."""
    text, place = "", 0
    for each in view.options:
        text += (("=" if each.place == place else ">") if text else "") + letter(
            kind, each.option_id
        )
        place = each.place
    return text


def run_star(ballots: Sequence[Mapping[str, int]], options: int) -> tuple[Kind, StarResult]:
    """Counts scores by letter; those that are missing are 0."""
    kind = make_kind("rating", options, method="star")
    tally: Counter[Cell] = Counter()
    for ballot in ballots:
        sent = [
            SentAnswer(option_id=id_, score=ballot.get(LETTERS[index], 0))
            for index, id_ in enumerate(kind.option_ids)
        ]
        tally.update(kind.cells(kind.parse(sent)))
    view = kind.view(tally)
    assert isinstance(view, RatingTally)
    assert view.star is not None
    return kind, view.star


# Compared with others


def compare_schulze(chance: Random, options: int) -> bool:
    """All winners, and with few options all other places; always decided."""
    orders = random_orders(chance, options)
    votes = []
    for order, count in orders.items():
        unranked = "=".join(sorted(set(LETTERS[:options]) - set(order)))
        votes += [">".join([*order, *([unranked] if unranked else [])])] * count
    winners, *_ = schulze_evaluate(votes, list(LETTERS[:options])).split(">")
    result = layers_of(*rank_all("schulze", orders, options))
    assert result.split(">")[0] == winners, (orders, result)
    # That one removes the winners and counts again, so it says nothing of the other places.
    if options <= 6:
        layers = result.split(">")
        place = {each: index for index, layer in enumerate(layers) for each in layer.split("=")}
        for one, other in combinations(LETTERS[:options], 2):
            better = compare_paths(orders, one, other)
            assert better == 0 or better == (place[other] > place[one]) - (
                place[other] < place[one]
            )
    return True


def compare_paths(orders: Orders, one: str, other: str) -> int:
    """Whose path to the other is stronger, by definition: 1, -1, or 0 for neither."""
    letters = sorted({each for order in orders for each in order} | {one, other})
    support = {
        (a, b): sum(count for order, count in orders.items() if _prefers(order, a, b))
        for a in letters
        for b in letters
    }
    links = {
        pair: (won, -support[pair[::-1]])
        for pair, won in support.items()
        if won > support[pair[::-1]]
    }
    for strength in sorted(set(links.values()), reverse=True):
        strong = {pair for pair, each in links.items() if each >= strength}
        there, back = (_is_path(strong, *pair) for pair in ((one, other), (other, one)))
        if there != back:
            return 1 if there else -1
        if there:
            return 0
    return 0


def _prefers(order: str, one: str, other: str) -> bool:
    return one in order and (other not in order or order.index(one) < order.index(other))


def _is_path(links: set[tuple[str, str]], start: str, end: str) -> bool:
    reached, new = {start}, {start}
    while new:
        new = {b for a, b in links if a in new} - reached
        reached |= new
    return end in reached


def compare_runoff(chance: Random, options: int) -> bool:
    """With the winner of pyrankvote; where a tie has to be broken, with all that may win."""
    orders = random_orders(chance, options)
    kind, view = rank_all("instant_runoff", orders, options)
    assert view.runoff is not None
    winner = letter(kind, view.runoff.winner_id)
    if had_tie(view):
        if options <= 8:
            assert winner in possible_winners(orders, LETTERS[:options]), (orders, winner)
        return False
    candidates = [Candidate(each) for each in LETTERS[:options]]
    ballots = [
        Ballot([candidates[LETTERS.index(each)] for each in order])
        for order, count in orders.items()
        for _ in range(count)
    ]
    [expected] = instant_runoff_voting(candidates, ballots).get_winners()
    assert winner == expected.name, (orders, winner)
    return True


def had_tie(view: RankingTally) -> bool:
    """Whether several options had the fewest votes in a round, or the most in the last."""
    assert view.runoff is not None
    last = view.runoff.rounds[-1]
    return last.counts.count(max(last.counts)) > 1 or any(
        each.counts.count(min(each.counts)) > 1
        for each in view.runoff.rounds
        if each.eliminated_id is not None
    )


def possible_winners(orders: Orders, letters: str) -> set[str]:
    """Who may win, however ties of the last are broken."""

    @cache
    def winners(remaining: str) -> frozenset[str]:
        counts = Counter(dict.fromkeys(remaining, 0))
        for order, count in orders.items():
            first = next((each for each in order if each in remaining), None)
            if first is not None:
                counts[first] += count
        if len(remaining) == 1 or max(counts.values()) * 2 > counts.total():
            [(first, _)] = counts.most_common(1)
            return frozenset(first)
        last = min(counts.values())
        found: frozenset[str] = frozenset()
        for each in remaining:
            if counts[each] == last:
                found |= winners(remaining.replace(each, ""))
        return found

    return set(winners(letters))


def compare_star(chance: Random, options: int) -> bool:
    """With starvote; where that one cannot break a tie, our winner is among those it names."""
    levels = chance.choice([(0, 5), (0, 2), (3, 5)])
    ballots = [
        {each: chance.randint(*levels) for each in LETTERS[:options]}
        for _ in range(chance.randint(1, 20))
    ]
    if not any(any(each.values()) for each in ballots):
        return False
    kind, result = run_star(ballots, options)
    winner = letter(kind, result.winner_id)
    expected, is_tied = _star_winners(ballots)
    assert result.is_tied == is_tied, ballots
    assert winner in expected, (ballots, winner)
    return not is_tied


def _star_winners(ballots: Sequence[Mapping[str, int]]) -> tuple[Sequence[str], bool]:
    """Who may win according to starvote, and whether it cannot break a tie."""
    try:
        return starvote.star_voting(ballots, verbosity=0, tiebreaker=None), False
    except starvote.UnbreakableTieError as tie:
        # A tie for the runoff says nothing about who wins it.
        is_final = str(tie).startswith("Automatic Runoff")
        return tie.candidates if is_final else LETTERS, True


def random_orders(chance: Random, options: int) -> dict[str, int]:
    """Up to ten different ballots, some of which rank a few options only."""
    orders: Counter[str] = Counter()
    for _ in range(chance.randint(1, 10)):
        letters = chance.sample(LETTERS[:options], chance.randint(1, options))
        orders["".join(letters)] += chance.randint(1, 5)
    return dict(orders)


COMPARISONS: Mapping[str, Callable[[Random, int], bool]] = {
    "schulze": compare_schulze,
    "instant_runoff": compare_runoff,
    "star": compare_star,
}


def compare_many(method: str, elections: int, chance: Random) -> int:
    """Compares so many; returns how many needed no tie to be broken. One in ten is large."""
    compare = COMPARISONS[method]
    decided = 0
    for number in range(elections):
        most = MAX_OPTIONS if number % 10 == 0 else 6
        decided += compare(chance, chance.randint(2, most))
    return decided


def main() -> None:
    elections = int(sys.argv[1])
    for method in COMPARISONS:
        began_s = time.monotonic()
        decided = compare_many(method, elections, Random())
        took_s = time.monotonic() - began_s
        line = f"{method}: {elections:,} agree, {decided:,} without ties, {took_s:.0f} s\n"
        sys.stdout.write(line)


if __name__ == "__main__":
    main()
