"""PostgreSQL and Redis servers for the bench, with default durability."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg

from bench.processes import cpu_seconds
from tools.services import PostgresServer, RedisServer


class Services:
    """Both servers, and a database per contestant, copied from a template with its tables."""

    def __init__(self, postgres: PostgresServer, redis: RedisServer) -> None:
        self.postgres = postgres
        self.redis = redis
        self._templates: set[str] = set()

    @contextmanager
    def database(self, kind: str, create_tables: Callable[[str], None]) -> Iterator[str]:
        """Yields the URL of a database with empty tables, dropped after the block."""
        template, name = f"{kind}_template", f"{kind}_bench"
        if template not in self._templates:
            self._run(f"CREATE DATABASE {template}")
            create_tables(self.postgres.url(template))
            self._templates.add(template)
        self._run(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield self.postgres.url(name)
        finally:
            self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def settle(self, database_url: str) -> None:
        """Vacuums, analyses and checkpoints now, so that it does not happen during a measure."""
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
            connection.execute("CHECKPOINT")

    def cpu_seconds(self) -> float:
        """Returns the CPU time of both servers so far."""
        return cpu_seconds(self.postgres.pid) + cpu_seconds(self.redis.pid)

    def _run(self, statement: str) -> None:
        with psycopg.connect(self.postgres.url(), autocommit=True) as connection:
            connection.execute(statement.encode())


@contextmanager
def running_services() -> Iterator[Services]:
    """Runs both servers for the duration of the block."""
    postgres, redis = PostgresServer(is_durable=True), RedisServer()
    try:
        postgres.start()
        redis.start()
        yield Services(postgres, redis)
    finally:
        redis.stop()
        postgres.stop()
