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
_DELETE_EMPTY = (
    f"DELETE FROM {_TABLE}"  # noqa: S608 - names of ours
    ' WHERE poll_id = %s AND "group" = %s AND key = %s AND count = 0'
)

Differences = Sequence[tuple[UUID, Mapping[Cell, int]]]
# Poll, group, key, difference.
Rows = Sequence[tuple[UUID, str, str, int]]


def add_cells(differences: Differences) -> None:
    """Adds the differences of locked polls to their cells, and deletes those that they empty.

    At most two queries on PostgreSQL, and one about texts that were taken back.
    """
    rows = list(_rows(differences))
    if not rows:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            _add_on_postgresql(cursor, rows)
        else:
            _add_elsewhere(cursor, rows)
    # A text that was taken back must not stay, nor what the host decided about it.
    texts = [(poll_id, key) for poll_id, group, key, n in rows if group == TEXT and n < 0]
    forget_decisions({poll_id for poll_id, _ in texts}, {key for _, key in texts})


def _add_on_postgresql(cursor: Any, rows: Rows) -> None:
    """Looks for empty cells only among those that were lowered: a poll can have a million."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    if not any(difference < 0 for *_, difference in rows):
        cursor.execute(_ON_POSTGRESQL, columns)
        return
    cursor.execute(f"{_ON_POSTGRESQL} RETURNING id, count", columns)
    emptied = [id_ for id_, count in cursor.fetchall() if count == 0]
    if emptied:
        cursor.execute(f"DELETE FROM {_TABLE} WHERE id = ANY (%s)", [emptied])  # noqa: S608


def _add_elsewhere(cursor: Any, rows: Rows) -> None:
    cursor.executemany(_ELSEWHERE, [(poll_id.hex, *row) for poll_id, *row in rows])
    lowered = [(poll_id.hex, group, key) for poll_id, group, key, n in rows if n < 0]
    cursor.executemany(_DELETE_EMPTY, lowered)


def _rows(differences: Differences) -> Iterator[tuple[UUID, str, str, int]]:
    for poll_id, cells in differences:
        for cell, difference in cells.items():
            yield poll_id, cell.group, cell.key, difference
