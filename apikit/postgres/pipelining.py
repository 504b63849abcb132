"""A PostgreSQL connection for threads that run one short transaction after another."""

from contextlib import ExitStack, suppress
from typing import Any

import psycopg
from django.db.backends.postgresql.base import DatabaseWrapper
from django.db.backends.postgresql.psycopg_any import IsolationLevel

from apikit.postgres.bounded_connections import BoundedConnection

# Prepared statements get one generic plan; planning them each time takes a fifth of the transaction
# of a single vote. A generic plan made while a table was nearly empty could scan a whole table, a
# large poll or an active voter from then on. So plans may only use nested index lookups, and the
# index that has the requested order. Set once per connection; setting it in each transaction would
# take 7 % of a single vote.
_PLANNING = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_material": "off",
    "enable_sort": "off",
    "enable_incremental_sort": "off",
    # A sort that is unavoidable has a huge cost while sorts are off, which would trigger JIT.
    "jit": "off",
}
_SET_PLANNING = "SELECT " + ", ".join(
    f"set_config('{name}', '{value}', false)" for name, value in _PLANNING.items()
)


class PipeliningConnection(DatabaseWrapper):
    """Django's PostgreSQL connection, with each transaction sent as one pipeline.

    Statements are sent without waiting for their results. The server runs them in order; each sees
    the locks and writes of those before it. An error is raised where rows are fetched, at the
    latest at the commit.

    For lookups by key: its plans use indexes only, row by row.

    A plain psycopg pipeline waits for the server when autocommit is turned off and on, at BEGIN,
    and at its end: four round trips per transaction that this class avoids.
    """

    def __init__(self, settings_dict: dict[str, Any], alias: str) -> None:
        super().__init__(settings_dict, alias)
        self._pipeline: ExitStack | None = None

    def get_new_connection(self, conn_params: dict[str, Any]) -> BoundedConnection:
        """Opens a connection outside of the pool."""
        self.isolation_level = IsolationLevel.READ_COMMITTED
        with self.wrap_database_errors:
            return BoundedConnection.connect(**conn_params)

    def init_connection_state(self) -> None:
        super().init_connection_state()
        with self.wrap_database_errors:
            self.connection.execute(_SET_PLANNING)

    def _set_autocommit(self, autocommit: bool) -> None:  # noqa: FBT001 - Django's signature
        if autocommit:
            super()._set_autocommit(autocommit)  # type: ignore[misc] # the stubs lack it
            return
        # psycopg stays in autocommit mode; we send BEGIN and COMMIT.
        with self.wrap_database_errors, ExitStack() as stack:
            stack.enter_context(self.connection.pipeline())
            self.connection.execute("BEGIN")
            self._pipeline = stack.pop_all()

    def _commit(self) -> None:
        with self.wrap_database_errors, self._rest_of_pipeline():
            self.connection.execute("COMMIT")

    def _rollback(self) -> None:
        # Closing the pipeline re-raises the error that caused the rollback; ignore it.
        with suppress(psycopg.Error), self._rest_of_pipeline():
            pass
        super()._rollback()  # type: ignore[misc]

    def _rest_of_pipeline(self) -> ExitStack:
        pipeline, self._pipeline = self._pipeline, None
        return pipeline or ExitStack()
