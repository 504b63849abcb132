"""Many rows written by one statement, whose text does not depend on how many they are.

On PostgreSQL each column travels as an array, so the statement is built once and prepared by the
server; the ORM would build it anew, with a parameter for each value. Elsewhere the ORM does it.
"""

import functools
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Model

# Those whose texts need no quotes in an array.
Value = UUID | int | datetime | None
Values = tuple[Value, ...]


def insert_rows(model: type[Model], columns: tuple[str, ...], rows: Sequence[Values]) -> None:
    """Inserts ``rows``, which have the values of ``columns``, the ORM's names for them."""
    if not rows:
        return
    if connection.vendor == "postgresql":
        _execute(_insertion(model, columns), rows)
    else:
        instances = [model(**dict(zip(columns, row, strict=True))) for row in rows]
        model._default_manager.bulk_create(instances)


def update_rows(model: type[Model], columns: tuple[str, ...], instances: Sequence[Model]) -> None:
    """Writes ``columns`` of ``instances``, by their primary keys."""
    if not instances:
        return
    if connection.vendor == "postgresql":
        names = ("pk", *columns)
        _execute(
            _change(model, columns),
            [tuple(getattr(each, name) for name in names) for each in instances],
        )
    else:
        model._default_manager.bulk_update(instances, columns)


def _execute(sql: str, rows: Sequence[Values]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, [_as_array(column) for column in zip(*rows, strict=True)])


def _as_array(values: Values) -> str:
    """As PostgreSQL writes an array. psycopg does that for any type, in four times the time."""
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


@functools.cache
def _insertion(model: type[Model], columns: tuple[str, ...]) -> str:
    quote = connection.ops.quote_name
    fields = [_field(model, name) for name in columns]
    names = ", ".join(quote(field.column) for field in fields)
    arrays = ", ".join(f"%s::{field.db_type(connection)}[]" for field in fields)
    table = quote(model._meta.db_table)
    return f"INSERT INTO {table} ({names}) SELECT * FROM unnest({arrays})"  # noqa: S608


@functools.cache
def _change(model: type[Model], columns: tuple[str, ...]) -> str:
    quote = connection.ops.quote_name
    key: Any = model._meta.pk
    fields = [_field(model, name) for name in columns]
    names = ", ".join(quote(field.column) for field in (key, *fields))
    arrays = ", ".join(f"%s::{field.db_type(connection)}[]" for field in (key, *fields))
    changes = ", ".join(f"{quote(each.column)} = new.{quote(each.column)}" for each in fields)
    table, column = quote(model._meta.db_table), quote(key.column)
    return (
        f"UPDATE {table} SET {changes} FROM unnest({arrays}) AS new({names})"  # noqa: S608
        f" WHERE {table}.{column} = new.{column}"
    )


def _field(model: type[Model], name: str) -> Any:
    return next(field for field in model._meta.concrete_fields if field.attname == name)
