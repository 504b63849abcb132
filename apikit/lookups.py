"""``id__any_of=ids``: a column among many ids, by one parameter.

Django's own ``__in`` makes a parameter of each id: for a batch of 256 votes that is the larger part
of what reading them costs, and another SQL text for each size of batch.
"""

import json
from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import ForeignKey, Lookup, UUIDField
from django.db.models.sql.compiler import SQLCompiler


@ForeignKey.register_lookup
@UUIDField.register_lookup
class AnyOf(Lookup):  # generic for type checkers only
    """For columns of UUIDs; ``rhs`` is a collection of them."""

    lookup_name = "any_of"
    prepare_rhs = False
    rhs: Collection[UUID]

    def as_postgresql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, list[Any]]:
        column, params = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s)", [*params, list(self.rhs)]

    def as_sqlite(self, compiler: SQLCompiler, connection: Any) -> tuple[str, list[Any]]:
        column, params = self.process_lhs(compiler, connection)
        ids = json.dumps([each.hex for each in self.rhs])
        return f"{column} IN (SELECT value FROM json_each(%s))", [*params, ids]  # noqa: S608
