"""Queries that the ORM builds once, to be run again and again with other ids.

Building a query takes the ORM several times as long as PostgreSQL takes to run it, which shows
where the same few are run for every vote.
"""

import inspect
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from apikit.postgres.lookups import IdsSlot, as_parameter

Row = tuple[Any, ...]


class PreparedQuery:
    """``build`` makes the query from what stands for collections of ids (``id__any_of=ids``).

    ``on_postgresql`` is a text to be run there instead, which takes the ids as arrays, in the same
    order: for what the ORM has no words for.
    """

    def __init__(
        self, build: Callable[..., QuerySet[Any, Any]], on_postgresql: str | None = None
    ) -> None:
        self._build = build
        self._on_postgresql = on_postgresql
        self._by_vendor: dict[str, _Compiled] = {}

    def start(self, *ids: Collection[UUID | None]) -> "Rows":
        """Sends it off; its rows can be had later, see ``apikit.postgres.pipelining``."""
        compiled = self._by_vendor.get(connection.vendor)
        if compiled is None:
            compiled = self._by_vendor[connection.vendor] = self._compile()
        cursor = connection.cursor()
        cursor.execute(compiled.sql, compiled.fill(ids))
        return Rows(cursor, compiled)

    def _compile(self) -> "_Compiled":
        slots = [IdsSlot() for _ in inspect.signature(self._build).parameters]
        if self._on_postgresql is not None and connection.vendor == "postgresql":
            return _Compiled(self._on_postgresql, list(range(len(slots))), {})
        compiler = self._build(*slots).query.get_compiler(connection=connection)
        sql, params = compiler.as_sql()
        places = [slots.index(value) for value in params if isinstance(value, IdsSlot)]
        assert len(places) == len(params), "ids are all that may vary"
        columns = [expression for expression, _, _ in compiler.select or ()]
        return _Compiled(sql, places, compiler.get_converters(columns))


class Rows:
    """What a query under way will give: ``values`` of its columns, in their order."""

    def __init__(self, cursor: Any, compiled: "_Compiled") -> None:
        self._cursor = cursor
        self._compiled = compiled
        self._rows: list[Row] | None = None

    def values(self) -> list[Row]:
        """Waits for them, the first time."""
        if self._rows is None:
            with self._cursor as cursor:
                rows: list[Row] = cursor.fetchall()
            self._rows = self._compiled.convert(rows) if self._compiled.converters else rows
        return self._rows


@dataclass(frozen=True, slots=True)
class _Compiled:
    """The text of a query for the database in use, where its ids go, and what comes of its rows."""

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
