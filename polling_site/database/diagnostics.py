"""Explains database problems to operators in a sentence instead of a traceback."""

import re
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error, connections, migrations
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import InterfaceError, InternalError, OperationalError, ProgrammingError

from polling_site.database.command_connection import command_connection

MIGRATE = "make migrate (or manage.py migrate)"

_REFUSAL = re.compile("permission denied|read-only transaction")
_MISSING_TABLE = re.compile(r"no such (table|column)|(relation|column) .* does not exist")


def database_settings() -> dict[str, Any]:
    """The entry of ``DATABASES`` in use."""
    database: dict[str, Any] = settings.DATABASES[DEFAULT_DB_ALIAS]
    return database


def describe_database() -> str:
    """Names the database, without its password."""
    database = database_settings()
    if settings.IS_EMBEDDED:
        return f"SQLite, {database['NAME']}"
    host, port = database.get("HOST") or "localhost", database.get("PORT") or 5432
    return f"PostgreSQL, {database['NAME']} at {host}:{port}"


def explain(error: Error) -> str | None:
    """A sentence about an error that operators can fix; None for a bug."""
    reason = _reason_of(error)
    if _MISSING_TABLE.search(reason):
        return f"The database ({describe_database()}) lacks migrations. Run {MIGRATE}."
    if isinstance(error, OperationalError | InterfaceError):
        return f"The database ({describe_database()}) does not work: {reason}. Check DATABASE_URL."
    if isinstance(error, ProgrammingError | InternalError) and _REFUSAL.search(reason):
        return f"The database ({describe_database()}) refuses: {reason}. See docs/operations.md."
    return None


def connect_once() -> None:
    """Connects without the pool, whose errors do not tell the reason.

    :raises OperationalError: with the reason given by the database.
    """
    with command_connection() as connection:
        connection.ensure_connection()


def missing_migrations() -> list[migrations.Migration]:
    """Migrations not applied yet."""
    connection: BaseDatabaseWrapper = connections[DEFAULT_DB_ALIAS]
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [migration for migration, _ in plan]


def _reason_of(error: Error) -> str:
    """The most informative line; the others list attempts to connect."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    line = next((line for line in lines if "FATAL:" in line), [*lines, type(error).__name__][0])
    return (line.partition("FATAL:")[2].strip() or line).rstrip(".")
