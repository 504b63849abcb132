"""Queries that the ORM compiles once, and that run many times with different ids.

The ORM takes several times as long to build a query as PostgreSQL takes to run it.
"""

import inspect
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from apikit.postgres.lookups import IdsPlaceholder, as_parameter

Row = tuple[Any, ...]


class PreparedQuery:
    """A query compiled once per database vendor; its only parameters are collections of ids.

    ``build`` builds a QuerySet from placeholders for the collections (``id__any_of=ids``).
    ``on_postgresql`` replaces its SQL there, for what the ORM cannot express; it takes the
    collections as arrays, in the same order.
    """

    def __init__(
        self, build: Callable[..., QuerySet[Any, Any]], on_postgresql: str | None = None
    ) -> None:
        self._build = build
        self._on_postgresql = on_postgresql
        self._by_vendor: dict[str, _Compiled] = {}

    def execute(self, *ids: Collection[UUID | None]) -> "PendingRows":
        """Sends the query; in a pipeline (``apikit.postgres.pipelining``) without waiting."""
        compiled = self._by_vendor.get(connection.vendor)
        if compiled is None:
            compiled = self._by_vendor[connection.vendor] = self._compile()
        cursor = connection.cursor()
        cursor.execute(compiled.sql, compiled.fill(ids))
        return PendingRows(cursor, compiled)

    def _compile(self) -> "_Compiled":
        slots = [IdsPlaceholder() for _ in inspect.signature(self._build).parameters]
        if self._on_postgresql is not None and connection.vendor == "postgresql":
            return _Compiled(self._on_postgresql, list(range(len(slots))), {})
        compiler = self._build(*slots).query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        places = [slots.index(value) for value in params if isinstance(value, IdsPlaceholder)]
        assert len(places) == len(params), "all parameters have to be ids"
        columns = [expression for expression, _, _ in compiler.select or ()]
        return _Compiled(sql, places, compiler.get_converters(columns))


class PendingRows:
    """The result of a query that was sent."""

    def __init__(self, cursor: Any, compiled: "_Compiled") -> None:
        self._cursor = cursor
        self._compiled = compiled
        self._rows: list[Row] | None = None

    def fetch(self) -> list[Row]:
        """Returns the rows; the first call waits for the server."""
        if self._rows is None:
            with self._cursor as cursor:
                rows: list[Row] = cursor.fetchall()
            self._rows = self._compiled.convert(rows) if self._compiled.converters else rows
        return self._rows


@dataclass(frozen=True, slots=True)
class _Compiled:
    """The SQL of a query for one vendor, the order of its parameters, and converters by column."""

    sql: str
    places: list[int]
    converters: dict[int, tuple[list[Callable[..., Any]], Any]]

    def fill(self, ids: tuple[Collection[UUID | None], ...]) -> list[Any]:
        return [as_parameter(ids[place], connection.vendor) for place in self.places]

    def convert(self, rows: list[Row]) -> list[Row]:
        converted = []
        for row in rows:
            values = list(row)
            for position, (functions, expression) in self.converters.items():
                for function in functions:
                    values[position] = function(values[position], expression, connection)
            converted.append(tuple(values))
        return converted
