"""Instant runoff: the option with the fewest first preferences is eliminated, round after round."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from apikit.wire import Id, Wire

Order = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Round(Wire):
    """A round: the votes of the options that remain, and which one it eliminates.

    ``exhausted`` ballots rank none of them. ``is_tied`` means that several options had the fewest
    votes in this round and all before, and that the last of them in the poll was eliminated.
    """

    option_ids: tuple[Id, ...]
    counts: tuple[int, ...]
    exhausted: int
    eliminated_id: Id | None
    is_tied: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RunoffResult(Wire):
    """All rounds. ``order`` has the winner first, then the others from the last eliminated."""

    winner_id: Id | None
    rounds: tuple[Round, ...]
    order: tuple[Id, ...]


def run_off(orders: Mapping[str, int], option_ids: Sequence[UUID]) -> RunoffResult:
    """Count the rounds from orders of positions like ``2>0>1``, each with its number of ballots.

    Ends when an option has more than half of the ballots that are not exhausted, or all are tied.
    Each round takes time for each different order.
    """
    ballots = {tuple(map(int, key.split(">"))): count for key, count in orders.items()}
    total = sum(ballots.values())
    if not total:
        return RunoffResult(winner_id=None, rounds=(), order=tuple(option_ids))
    remaining = list(range(len(option_ids)))
    eliminated: list[int] = []
    rounds: list[Round] = []
    history: list[Counter[int]] = []
    while remaining:
        counts = _first_preferences(ballots, remaining)
        history.append(counts)
        active = sum(counts.values())
        is_decided = len(remaining) == 1 or max(counts.values()) * 2 > active
        loser, is_tied = (None, False) if is_decided else _last_of(remaining, history)
        rounds.append(
            Round(
                option_ids=tuple(option_ids[each] for each in remaining),
                counts=tuple(counts[each] for each in remaining),
                exhausted=total - active,
                eliminated_id=None if loser is None else option_ids[loser],
                is_tied=is_tied,
            )
        )
        if loser is None:
            break
        remaining.remove(loser)
        eliminated.append(loser)
    survivors = sorted(remaining, key=lambda each: (-history[-1][each], each))
    order = [*survivors, *reversed(eliminated)]
    return RunoffResult(
        winner_id=option_ids[order[0]],
        rounds=tuple(rounds),
        order=tuple(option_ids[each] for each in order),
    )


def _first_preferences(ballots: Mapping[Order, int], remaining: Sequence[int]) -> Counter[int]:
    standing = set(remaining)
    counts: Counter[int] = Counter(dict.fromkeys(remaining, 0))
    for order, count in ballots.items():
        first = next((each for each in order if each in standing), None)
        if first is not None:
            counts[first] += count
    return counts


def _last_of(remaining: Sequence[int], history: Sequence[Counter[int]]) -> tuple[int, bool]:
    """The option to eliminate, and whether only its position decided.

    Among those with the fewest votes, the one that had the fewest in the latest earlier round in
    which they differ; otherwise the last in the poll.
    """
    tied = list(remaining)
    for counts in reversed(history):
        fewest = min(counts[each] for each in tied)
        tied = [each for each in tied if counts[each] == fewest]
        if len(tied) == 1:
            return tied[0], False
    return tied[-1], True
