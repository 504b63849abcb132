"""Several at once on PostgreSQL: threads with connections of their own, waiting for locks."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from tools.services import wait_until

LOCK_PATIENCE_S = 20.0

Run = Callable[..., "Future[Any]"]


@contextmanager
def threads() -> Iterator[Run]:
    """Gives what calls a function in a thread with a database connection of its own."""

    def call(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=8) as pool:
        yield lambda function, *args, **kwargs: pool.submit(call, function, *args, **kwargs)


def race(first: Callable[[], Any], second: Callable[[], Any]) -> tuple[Any, "Future[Any]"]:
    """Runs ``second`` until it waits for ``first``, which then commits."""
    with threads() as run:
        with transaction.atomic():
            outcome = first()
            waiting = run(second)
            wait_for_somebody_to_wait()
        waiting.exception()
        return outcome, waiting


def wait_for_somebody_to_wait(*, count: int = 1) -> None:
    """Returns once so many connections to this database wait for locks of others."""

    def are_waiting() -> bool:
        with connection.cursor() as cursor:
            # Within a transaction, the view would show the same moment again and again.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            return bool(cursor.fetchone()[0] >= count)

    wait_until(are_waiting, f"{count} wait for a lock", LOCK_PATIENCE_S)
