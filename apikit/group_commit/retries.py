"""Commits a batch; if that fails, retries its items one by one."""

import time
from collections.abc import Sequence
from typing import Any, TypeVar

from django.db import Error as DatabaseError
from django.db import connection

from apikit.background import report_failure
from apikit.errors import ApiError, ServerUnavailableError
from apikit.exception_handler import as_api_error
from apikit.group_commit.committer import BatchResult, Committer, DrainLate
from apikit.group_commit.pending import Pending

Item = TypeVar("Item")
Result = TypeVar("Result")
Event = TypeVar("Event")


def commit_batch(
    committer: Committer[Item, Result, Event],
    pending: Sequence[Pending[Item, Result]],
    drain_late: DrainLate[Item] | None,
) -> BatchResult[Result, Event]:
    """Commits the items together, or else one by one, before any result is delivered.

    So an item that the database rejects fails alone, and a connection that was lost at the commit
    leaves no doubt: a committer recognises what it has written already. ``pending`` grows by the
    items that ``drain_late`` returns.
    """
    if not _can_connect(committer.name, len(pending)):
        return BatchResult([ServerUnavailableError() for _ in pending], [])
    used = connection.connection
    try:
        return committer.commit([each.item for each in pending], drain_late=drain_late)
    except Exception as error:  # noqa: BLE001 - an outermost place
        is_in_doubt = _was_lost(used)
        _report(committer.name, error, len(pending))
    return _commit_each(committer, [each.item for each in pending], is_in_doubt=is_in_doubt)


def _commit_each(
    committer: Committer[Item, Result, Event], items: Sequence[Item], *, is_in_doubt: bool
) -> BatchResult[Result, Event]:
    """Commits items one by one; ``is_in_doubt`` if they may have been committed together already.

    Stops after ``retry_timeout_s``: if each try waits, such as for a lock that another transaction
    keeps, the callers would wait for each other.
    """
    give_up_at_s = time.monotonic() + committer.retry_timeout_s
    results: list[Result | ApiError] = []
    events: list[Event] = []
    for index, item in enumerate(items):
        is_over = time.monotonic() >= give_up_at_s
        if is_over or not _can_connect(committer.name, len(items) - index):
            # All at once, because each further try could take as long as the timeout.
            error_class = committer.in_doubt_error if is_in_doubt else ServerUnavailableError
            results += [error_class() for _ in items[index:]]
            break
        used = connection.connection
        try:
            batch = committer.commit([item], is_retry=True)
        except Exception as error:  # noqa: BLE001 - an outermost place
            is_lost = is_in_doubt or _was_lost(used)
            _report(committer.name, error, 1)
            results.append(committer.in_doubt_error() if is_lost else as_api_error(error))
        else:
            results += batch.results
            events += batch.events
    return BatchResult(results, events)


def _can_connect(work: str, count: int) -> bool:
    """Whether there is a database connection for ``count`` items; opens one if necessary."""
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        _report(work, error, count)
        return False
    return True


def _was_lost(used: Any) -> bool:
    """Whether the connection broke in the last transaction, so that its outcome is unknown.

    Django drops a connection that it cannot even roll back, and tries to open another one.
    """
    return connection.connection is not used


def _report(work: str, error: Exception, count: int) -> None:
    report_failure(work, error, "batch not committed at the first try", count=count)
    # It may have broken with the database; the next try opens another one.
    connection.close()
