"""Reads the cells of tallies, and the views that people see of them."""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from django.utils import timezone

from polls.kinds.base import Cell as CellKey
from polls.kinds.base import Cells, Kind, Order
from polls.kinds.registry import CHOICES, KindTally, build_kind
from polls.lifecycle import state_at
from polls.models import Cell, Option, Poll, PollState
from polls.tally import Tally, count_tally

_ORDERINGS = {Order.LARGEST: ("-count", "key"), Order.NEWEST: ("-id",)}


def kind_of(poll: Poll, options: Iterable[Option]) -> Kind | None:
    """Return the kind of a poll with its settings and options; None for choices.

    Choices have no cells besides the counts of their options.
    """
    if poll.kind in CHOICES:
        return None
    return build_kind(poll.kind, poll.settings, [option.id for option in options])


def read_cells(poll_id: UUID, kind: Kind, *, is_closed: bool = False) -> Cells:
    """Read the cells that a view needs; a query, and another for each group without a bound."""
    groups = kind.shown_groups()
    bounded = [each.name for each in groups if each.order is None]
    if is_closed:
        bounded += kind.closing_groups()
    cells = Cell.objects.filter(poll_id=poll_id)
    rows = list(cells.filter(group__in=bounded).values_list("group", "key", "count"))
    for group in groups:
        if group.order is not None:
            found = cells.filter(group=group.name, count__gt=0).order_by(*_ORDERINGS[group.order])
            rows += found.values_list("group", "key", "count")[: group.limit]
    return {CellKey(group, key): count for group, key, count in rows}


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


def read_tally(poll: Poll, options: Iterable[Option]) -> Tally:
    """Return the tally of a poll; no query for choices, at most three for other kinds."""
    kind = kind_of(poll, options)
    if kind is None:
        return count_tally(poll, options)
    is_closed = state_at(poll, timezone.now()) == PollState.CLOSED
    cells = read_cells(poll.id, kind, is_closed=is_closed)
    return count_tally(poll, options, view_cells(kind, cells, is_closed=is_closed))


def view_cells(kind: Kind, cells: Cells, *, is_closed: bool = False) -> KindTally | None:
    """Return what people see of ``cells``; no query."""
    view: Any = kind.view(cells, is_closed=is_closed)
    return view  # type: ignore[no-any-return]
