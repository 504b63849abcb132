"""The writer's own connection to the database, outside of the pool."""

from django.db import DEFAULT_DB_ALIAS, connections


def use_dedicated_connection() -> None:
    """Gives this thread a connection of its own.

    So votes are written however many requests wait for one of the pool's, and while the database
    is away that is known at once; the pool would have each ballot wait for its timeout.
    """
    own = connections.create_connection(DEFAULT_DB_ALIAS)
    if own.vendor == "postgresql":
        # Here, since without such a server psycopg isn't loaded.
        from apikit.postgres.pipelining import PipeliningConnection

        usual = own.settings_dict
        options = {key: value for key, value in usual["OPTIONS"].items() if key != "pool"}
        # It runs the same few statements all the time: the server parses and plans them once.
        options |= {"server_side_binding": True, "prepare_threshold": 1}
        own = PipeliningConnection({**usual, "OPTIONS": options}, DEFAULT_DB_ALIAS)
    connections[DEFAULT_DB_ALIAS] = own
