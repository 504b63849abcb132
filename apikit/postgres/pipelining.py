"""A connection to PostgreSQL for threads that do one short transaction after another."""

from contextlib import ExitStack, suppress
from typing import Any

import psycopg
from django.db.backends.postgresql.base import DatabaseWrapper
from django.db.backends.postgresql.psycopg_any import IsolationLevel

from apikit.postgres.bounded_connections import BoundedConnection

# A prepared statement is planned once, not each time for what it is given, which takes a fifth of a
# lone vote's transaction. A plan made while a table was nearly empty, or for what there is on
# average, might go on to read all of a table, a large poll or a busy person each time. So rows are
# found by indexes, row by row, and where an order is asked for, by the index that has it. Said once
# for each connection: in each transaction it would take 7 % of a lone vote.
_PLANNING = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_material": "off",
    "enable_sort": "off",
    "enable_incremental_sort": "off",
    # What has to be sorted all the same counts as so long that it would be compiled.
    "jit": "off",
}
_SET_PLANNING = "SELECT " + ", ".join(
    f"set_config('{name}', '{value}', false)" for name, value in _PLANNING.items()
)


class PipeliningConnection(DatabaseWrapper):
    """Django's own, but each of its transactions is a pipeline, from BEGIN to COMMIT.

    The server is sent one statement after the other without waiting for its answers, and runs
    them in order, each seeing what those before it have locked and written. What goes wrong with
    one is raised where its rows are fetched, at the latest at the commit.

    Made for finding some rows by their keys: what can be looked up by an index is, row by row.

    psycopg by itself waits for the server in a pipeline when autocommit is turned off and on, at
    BEGIN, and at the end of the pipeline: four times for each transaction, with nothing to gain.
    """

    def __init__(self, settings_dict: dict[str, Any], alias: str) -> None:
        super().__init__(settings_dict, alias)
        self._pipeline: ExitStack | None = None

    def get_new_connection(self, conn_params: dict[str, Any]) -> BoundedConnection:
        """Opens a connection of its own, out of no pool."""
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
        # As far as psycopg knows, it goes on to commit by itself.
        with self.wrap_database_errors, ExitStack() as stack:
            stack.enter_context(self.connection.pipeline())
            self.connection.execute("BEGIN")
            self._pipeline = stack.pop_all()

    def _commit(self) -> None:
        with self.wrap_database_errors, self._rest_of_pipeline():
            self.connection.execute("COMMIT")

    def _rollback(self) -> None:
        # What is told at its end is why it is rolled back, or will be told again.
        with suppress(psycopg.Error), self._rest_of_pipeline():
            pass
        super()._rollback()  # type: ignore[misc]

    def _rest_of_pipeline(self) -> ExitStack:
        pipeline, self._pipeline = self._pipeline, None
        return pipeline or ExitStack()
