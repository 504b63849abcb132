"""Reads the cells of tallies, and the views that people see of them."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from polls.kinds.base import Cell as CellKey
from polls.kinds.base import Cells, Kind, Order
from polls.kinds.ranking import Ranking
from polls.kinds.registry import CHOICES, KindTally, build_kind
from polls.kinds.runoff import RunoffResult
from polls.models import Cell, Option, Poll
from polls.rounds import rounds_of
from polls.tally import Tally, count_tally

_ORDERINGS = {Order.LARGEST: ("-count", "key"), Order.NEWEST: ("-id",)}


def kind_of(poll: Poll, options: Iterable[Option]) -> Kind | None:
    """Return the kind of a poll with its settings and options; None for choices.

    Choices have no cells besides the counts of their options.
    """
    if poll.kind in CHOICES:
        return None
    return build_kind(poll.kind, poll.settings, [option.id for option in options])


def read_cells(poll_id: UUID, kind: Kind) -> Cells:
    """Read the cells that a view needs; a query, and another for each group without a bound."""
    groups = kind.shown_groups()
    bounded = [each.name for each in groups if each.order is None]
    cells = Cell.objects.filter(poll_id=poll_id)
    rows = list(cells.filter(group__in=bounded).values_list("group", "key", "count"))
    for group in groups:
        if group.order is not None:
            found = cells.filter(group=group.name, count__gt=0).order_by(*_ORDERINGS[group.order])
            rows += found.values_list("group", "key", "count")[: group.limit]
    return {CellKey(group, key): count for group, key, count in rows}


def read_tally(poll: Poll, options: Iterable[Option], *, waits: bool = False) -> Tally:
    """Return the tally of a poll; no query for choices, at most three for other kinds.

    If a closed instant runoff has many different orders, its rounds are missing until they are
    counted, unless this ``waits`` for them: ``polls.rounds``. Its version is ``version_of``.
    """
    kind = kind_of(poll, options)
    if kind is None:
        return count_tally(poll, options)
    rounds = rounds_of(poll, kind, waits=waits) if isinstance(kind, Ranking) else None
    return count_tally(poll, options, view_cells(kind, read_cells(poll.id, kind), rounds))


def view_cells(kind: Kind, cells: Cells, rounds: RunoffResult | None = None) -> KindTally | None:
    """Return what people see of ``cells``; no query."""
    view: Any
    view = kind.view(cells, rounds) if isinstance(kind, Ranking) else kind.view(cells)
    return view  # type: ignore[no-any-return]
