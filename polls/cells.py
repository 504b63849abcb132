"""Reads the cells of tallies, and the views that people see of them."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from polls.decisions import decisions_for, read_newest_texts
from polls.kinds.base import Cell as CellKey
from polls.kinds.base import Cells, Kind, Order, ShownGroup
from polls.kinds.ranking import Ranking
from polls.kinds.registry import CHOICES, KindTally, build_kind
from polls.kinds.runoff import RunoffResult
from polls.models import Cell, Option, Poll
from polls.rounds import rounds_of
from polls.tally import Tally, count_tally

# As the indexes: a million words that were sent once are as large as each other.
_ORDERINGS = {Order.LARGEST: ("-count", "id"), Order.NEWEST: ("-id",)}


def kind_of(poll: Poll, options: Iterable[Option]) -> Kind | None:
    """Return the kind of a poll with its settings, options and decisions; None for choices.

    Choices have no cells besides the counts of their options. One query for word clouds, none for
    other kinds.
    """
    if poll.kind in CHOICES:
        return None
    option_ids = [option.id for option in options]
    return build_kind(poll.kind, poll.settings, option_ids, decisions_for(poll.kind, poll.id))


def read_cells(poll_id: UUID, kind: Kind) -> Cells:
    """Read the cells that a view needs; a query, and one or two for each group without a bound.

    Leaves out texts that the host has not approved, or has removed.
    """
    groups = kind.shown_groups()
    bounded = [each.name for each in groups if each.order is None]
    cells = Cell.objects.filter(poll_id=poll_id)
    rows = list(cells.filter(group__in=bounded).values_list("group", "key", "count"))
    for group in groups:
        if group.approval is not None:
            texts = read_newest_texts(poll_id, group.approval, group.limit)
            rows += [(group.name, text, count) for text, count in texts]
        elif group.order is not None:
            rows += _read_first(cells.filter(group=group.name, count__gt=0), group, group.order)
    return {CellKey(group, key): count for group, key, count in rows}


def _read_first(
    cells: QuerySet[Cell], group: ShownGroup, order: Order
) -> Iterator[tuple[str, str, int]]:
    rows = cells.values_list("group", "key", "count")
    yield from rows.order_by(*_ORDERINGS[order])[: group.limit]
    if group.keys:
        yield from rows.filter(key__in=group.keys)


def count_cells(poll_id: UUID, cells: Collection[CellKey]) -> Cells:
    """Read single cells; one query, none without cells. Those that nothing was added to are left
    out."""
    if not cells:
        return {}
    rows = Cell.objects.filter(
        poll_id=poll_id,
        group__in={cell.group for cell in cells},
        key__in={cell.key for cell in cells},
    )
    return {
        CellKey(group, key): count
        for group, key, count in rows.values_list("group", "key", "count")
    }


def read_tally(poll: Poll, options: Iterable[Option], *, waits: bool = False) -> Tally:
    """Return the tally of a poll; no query for choices, at most five for other kinds.

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
