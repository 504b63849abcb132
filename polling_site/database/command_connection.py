"""A database connection for commands that run in a serving process."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper


@contextmanager
def command_connection() -> Iterator[BaseDatabaseWrapper]:
    """Replaces this thread's connection by one without pool and timeouts.

    The statement timeout would interrupt the migration of a large table, and the pool hides why it
    cannot connect.
    """
    replaced = connections[DEFAULT_DB_ALIAS]
    connection = connections.create_connection(DEFAULT_DB_ALIAS)
    options = settings.COMMAND_DATABASE_OPTIONS
    connection.settings_dict = {**connection.settings_dict, "OPTIONS": options}
    connections[DEFAULT_DB_ALIAS] = connection
    try:
        yield connection
    finally:
        connection.close()
        connections[DEFAULT_DB_ALIAS] = replaced
