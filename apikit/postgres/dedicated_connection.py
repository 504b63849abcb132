"""A database connection outside of the pool, for a thread that commits batches."""

from django.db import DEFAULT_DB_ALIAS, connections


def use_dedicated_connection() -> None:
    """Gives the current thread a connection of its own, outside of the pool.

    So it can write however many requests wait for the pool, and it notices at once that the
    database is down; the pool would let each batch wait for its timeout. On PostgreSQL it is a
    ``PipeliningConnection`` with prepared statements.
    """
    dedicated = connections.create_connection(DEFAULT_DB_ALIAS)
    if dedicated.vendor == "postgresql":
        # Imported here, because psycopg is not loaded on SQLite.
        from apikit.postgres.pipelining import PipeliningConnection

        pooled = dedicated.settings_dict
        options = {key: value for key, value in pooled["OPTIONS"].items() if key != "pool"}
        # The thread repeats the same few statements: the server parses and plans them once.
        options |= {"server_side_binding": True, "prepare_threshold": 1}
        dedicated = PipeliningConnection({**pooled, "OPTIONS": options}, DEFAULT_DB_ALIAS)
    connections[DEFAULT_DB_ALIAS] = dedicated
