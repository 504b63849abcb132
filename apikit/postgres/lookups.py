"""``id__any_of=ids``: a lookup by many ids with a single parameter.

Django's ``__in`` needs a parameter per id. For a batch of 256 votes that is most of the cost of
reading them, and the SQL differs for each batch size, so it cannot be prepared.
"""

import json
from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import ForeignKey, Lookup, UUIDField
from django.db.models.sql.compiler import SQLCompiler


class IdsPlaceholder:
    """Stands for ids that are not known yet, see ``apikit.postgres.prepared``."""


def as_parameter(ids: Collection[UUID | None], vendor: str) -> str:
    """Encodes ``ids`` as one parameter: an array literal, or JSON on SQLite.

    psycopg's own array adapter takes four times as long.
    """
    if vendor == "postgresql":
        return f"{{{','.join(each.hex if each else 'NULL' for each in ids)}}}"
    return json.dumps([each and each.hex for each in ids])


@ForeignKey.register_lookup
@UUIDField.register_lookup
class AnyOf(Lookup):  # generic only in the stubs
    """Matches a UUID column against a collection of UUIDs, ``rhs``."""

    lookup_name = "any_of"
    prepare_rhs = False
    rhs: Collection[UUID] | IdsPlaceholder

    def as_postgresql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, list[Any]]:
        column, params = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s::uuid[])", [*params, self._parameter(connection)]

    def as_sqlite(self, compiler: SQLCompiler, connection: Any) -> tuple[str, list[Any]]:
        column, params = self.process_lhs(compiler, connection)
        sql = f"{column} IN (SELECT value FROM json_each(%s))"  # noqa: S608
        return sql, [*params, self._parameter(connection)]

    def _parameter(self, connection: Any) -> Any:
        if isinstance(self.rhs, IdsPlaceholder):
            return self.rhs
        return as_parameter(self.rhs, connection.vendor)
