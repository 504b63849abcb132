"""Writes the cells of tallies: adds differences, and deletes what they empty."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from polls import models
from polls.decisions import TEXT, forget_decisions
from polls.kinds.base import Cell

_TABLE = models.Cell._meta.db_table
_INSERT = f'INSERT INTO {_TABLE} (poll_id, "group", key, count)'
_ADD = f'ON CONFLICT (poll_id, "group", key) DO UPDATE SET count = {_TABLE}.count + excluded.count'
_ON_POSTGRESQL = (
    f"{_INSERT} SELECT * FROM"  # noqa: S608 - names of ours
    f" unnest(%s::uuid[], %s::text[], %s::text[], %s::bigint[]) {_ADD}"
)
_ELSEWHERE = f"{_INSERT} VALUES (%s, %s, %s, %s) {_ADD}"

Differences = Sequence[tuple[UUID, Mapping[Cell, int]]]


def add_cells(differences: Differences) -> None:
    """Adds the differences of locked polls to their cells; at most two queries on PostgreSQL."""
    rows = list(_rows(differences))
    if not rows:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_ON_POSTGRESQL, [list(column) for column in zip(*rows, strict=True)])
        else:
            cursor.executemany(_ELSEWHERE, [(poll_id.hex, *row) for poll_id, *row in rows])
    lowered = {poll_id for poll_id, _, _, difference in rows if difference < 0}
    if lowered:
        # A text that was taken back must not stay, nor what the host decided about it.
        models.Cell.objects.filter(poll__any_of=lowered, count=0).delete()
        texts = [(poll_id, key) for poll_id, group, key, n in rows if group == TEXT and n < 0]
        forget_decisions({poll_id for poll_id, _ in texts}, {key for _, key in texts})


def _rows(differences: Differences) -> Iterator[tuple[UUID, Any, Any, int]]:
    for poll_id, cells in differences:
        for cell, difference in cells.items():
            yield poll_id, cell.group, cell.key, difference
