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


class IdsSlot:
    """Stands for ids that are not known yet: ``apikit.postgres.prepared``."""


def as_parameter(ids: Collection[UUID | None], vendor: str) -> str:
    """The one parameter that ``ids`` travel as to a database.

    psycopg would make an array of them too, in four times the time.
    """
    if vendor == "postgresql":
        return f"{{{','.join(each.hex if each else 'NULL' for each in ids)}}}"
    return json.dumps([each and each.hex for each in ids])


@ForeignKey.register_lookup
@UUIDField.register_lookup
class AnyOf(Lookup):  # generic for type checkers only
    """For columns of UUIDs; ``rhs`` is a collection of them."""

    lookup_name = "any_of"
    prepare_rhs = False
    rhs: Collection[UUID] | IdsSlot

    def as_postgresql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, list[Any]]:
        column, params = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s::uuid[])", [*params, self._parameter(connection)]

    def as_sqlite(self, compiler: SQLCompiler, connection: Any) -> tuple[str, list[Any]]:
        column, params = self.process_lhs(compiler, connection)
        sql = f"{column} IN (SELECT value FROM json_each(%s))"  # noqa: S608
        return sql, [*params, self._parameter(connection)]

    def _parameter(self, connection: Any) -> Any:
        if isinstance(self.rhs, IdsSlot):
            return self.rhs
        return as_parameter(self.rhs, connection.vendor)
