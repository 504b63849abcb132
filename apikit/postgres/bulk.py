"""Writes many rows of several tables in one statement, whose SQL does not depend on their number.

On PostgreSQL each column is sent as an array, so the SQL is built once and prepared by the server;
the ORM would build it again for every batch, with a parameter per value. Elsewhere the ORM writes.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Model, QuerySet

Value = UUID | int | datetime | str | None
Values = tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class _Kind:
    """The table and columns of a write; for an update, the first column identifies the row."""

    model: type[Model]
    columns: tuple[str, ...]
    is_new: bool


@dataclass(frozen=True, slots=True)
class Write:
    """Rows to insert or update; made by :func:`insert` and :func:`update`."""

    kind: _Kind
    rows: Sequence[Values]


def insert(model: type[Model], columns: tuple[str, ...], rows: Sequence[Values]) -> Write:
    """Describes an insert; ``rows`` have the values of ``columns``, the ORM's names of them."""
    return Write(_Kind(model, columns, is_new=True), rows)


def update(model: type[Model], columns: tuple[str, ...], instances: Sequence[Model]) -> Write:
    """Describes an update of ``columns`` of ``instances``, by primary key."""
    names = ("pk", *columns)
    rows = [tuple(getattr(each, name) for name in names) for each in instances]
    return Write(_Kind(model, names, is_new=False), rows)


def write(*writes: Write) -> None:
    """Executes the writes; in one statement on PostgreSQL.

    No write may touch rows of another, because they all see the same snapshot.
    """
    due = [each for each in writes if each.rows]
    if not due:
        return
    if connection.vendor == "postgresql":
        arrays = [_as_array(column) for each in due for column in zip(*each.rows, strict=True)]
        with connection.cursor() as cursor:
            cursor.execute(_statement(tuple(each.kind for each in due)), arrays)
    else:
        for each in due:
            _write_with_orm(each)


def _write_with_orm(each: Write) -> None:
    kind = each.kind
    instances = [kind.model(**dict(zip(kind.columns, row, strict=True))) for row in each.rows]
    if kind.is_new:
        kind.model._default_manager.bulk_create(instances)
    else:
        every: QuerySet[Any] = QuerySet(kind.model)
        every.bulk_update(instances, kind.columns[1:])


def _as_array(values: Values) -> str:
    """An array literal of PostgreSQL; psycopg's adapters for any type take four times as long."""
    return f"{{{','.join(map(_as_element, values))}}}"


def _as_element(value: Value) -> str:
    match value:
        case UUID():
            return value.hex
        case int():
            return str(value)
        case None:
            return "NULL"
        case datetime():
            return value.isoformat()
        case str():
            # Only texts need quotes in an array literal.
            escaped = value.replace("\\", "\\\\").replace('"', '\\"')
            return f'"{escaped}"'


@functools.cache
def _statement(kinds: tuple[_Kind, ...]) -> str:
    *others, last = [_insert_sql(kind) if kind.is_new else _update_sql(kind) for kind in kinds]
    parts = ", ".join(f"part_{number} AS ({sql})" for number, sql in enumerate(others))
    return f"WITH {parts} {last}" if parts else last


def _insert_sql(kind: _Kind) -> str:
    return (
        f"INSERT INTO {_table(kind)} ({', '.join(_columns(kind))})"  # noqa: S608
        f" SELECT * FROM unnest({_arrays(kind)})"
    )


def _update_sql(kind: _Kind) -> str:
    table, columns = _table(kind), _columns(kind)
    key, *changed = columns
    changes = ", ".join(f"{column} = new.{column}" for column in changed)
    return (
        f"UPDATE {table} SET {changes}"  # noqa: S608
        f" FROM unnest({_arrays(kind)}) AS new({', '.join(columns)})"
        f" WHERE {table}.{key} = new.{key}"
    )


def _table(kind: _Kind) -> str:
    return connection.ops.quote_name(kind.model._meta.db_table)


def _columns(kind: _Kind) -> list[str]:
    return [connection.ops.quote_name(field.column) for field in _fields(kind)]


def _arrays(kind: _Kind) -> str:
    return ", ".join(f"%s::{field.db_type(connection)}[]" for field in _fields(kind))


def _fields(kind: _Kind) -> list[Any]:
    meta = kind.model._meta
    by_name: dict[str, Any] = {field.attname: field for field in meta.concrete_fields}
    return [meta.pk if name == "pk" else by_name[name] for name in kind.columns]
