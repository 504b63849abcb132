"""Instant runoff: the option with the fewest first preferences is eliminated, round after round.

An order is a text with a letter for each option, ``a`` for the first one of the poll: ``cab``.
There can be millions of different ones, so the rounds read them cut to their first letters, which
many orders share. After as many eliminations as there are letters, a cut order can be used up, and
they are read again without the eliminated options. Twenty options take four or five reads.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import perm
from string import ascii_lowercase
from uuid import UUID

from apikit.wire import Id, Wire

# Orders by their number of ballots; "" for those that rank none of the options that are left.
Orders = Mapping[str, int]
# Reads all orders without the ``eliminated`` options, cut to their first ``length`` letters.
ReadOrders = Callable[[str, int], Orders]
# The most orders of a read: about 4 MB. Each is looked at in every round.
MAX_ORDERS = 30_000


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


def write_order(positions: Sequence[int]) -> str:
    """Return the order that ranks the options at these positions, best first."""
    return "".join(ascii_lowercase[position] for position in positions)


def orders_in_memory(orders: Orders) -> ReadOrders:
    """Return a reader of orders that are all in memory."""

    def read(eliminated: str, length: int) -> Orders:
        gone = str.maketrans("", "", eliminated)
        read: Counter[str] = Counter()
        for order, count in orders.items():
            read[order.translate(gone)[:length]] += count
        return read

    return read


def run_off(read: ReadOrders, option_ids: Sequence[UUID]) -> RunoffResult:
    """Count the rounds.

    Ends when an option has more than half of the ballots that are not exhausted, or all are tied.
    """
    preferences = _Preferences(read, len(option_ids))
    remaining = list(range(len(option_ids)))
    eliminated: list[int] = []
    rounds: list[Round] = []
    history: list[Counter[int]] = []
    while remaining:
        counts, exhausted = preferences.count(remaining, eliminated)
        active = sum(counts.values())
        if not active and not exhausted:
            return RunoffResult(winner_id=None, rounds=(), order=tuple(option_ids))
        history.append(counts)
        is_decided = len(remaining) == 1 or max(counts.values()) * 2 > active
        loser, is_tied = (None, False) if is_decided else _last_of(remaining, history)
        rounds.append(
            Round(
                option_ids=tuple(option_ids[each] for each in remaining),
                counts=tuple(counts[each] for each in remaining),
                exhausted=exhausted,
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


class _Preferences:
    """First preferences, from orders that are read again when they are used up."""

    def __init__(self, read: ReadOrders, options: int) -> None:
        self._read_orders = read
        self._orders: Orders = {}
        self._length = self._remaining = options
        self._eliminated = ""
        self._read([], options)

    def count(
        self, remaining: Sequence[int], eliminated: Sequence[int]
    ) -> tuple[Counter[int], int]:
        """Return the votes of each of the ``remaining`` options, and the exhausted ballots."""
        found = self._count(write_order(eliminated))
        if found is None:
            self._read(eliminated, len(remaining))
            found = self._count(write_order(eliminated))
            assert found is not None
        by_letter, exhausted = found
        counts = Counter({each: by_letter[write_order([each])] for each in remaining})
        return counts, exhausted

    def _read(self, eliminated: Sequence[int], remaining: int) -> None:
        self._eliminated = write_order(eliminated)
        self._length, self._remaining = _length_for(remaining), remaining
        self._orders = self._read_orders(self._eliminated, self._length)

    def _count(self, eliminated: str) -> tuple[Counter[str], int] | None:
        """The votes by letter and the exhausted ballots; None if a cut order is used up."""
        gone = eliminated[len(self._eliminated) :]
        is_cut = self._length < self._remaining
        counts: Counter[str] = Counter()
        exhausted = 0
        for order, count in self._orders.items():
            left = order.lstrip(gone)
            if left:
                counts[left[0]] += count
            elif is_cut and len(order) == self._length:
                return None
            else:
                exhausted += count
        return counts, exhausted


def _length_for(remaining: int) -> int:
    """The most letters that orders of so many options can have, to be at most MAX_ORDERS."""
    length, orders = 1, 1 + remaining
    while length < remaining and orders + perm(remaining, length + 1) <= MAX_ORDERS:
        length += 1
        orders += perm(remaining, length)
    return length


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
