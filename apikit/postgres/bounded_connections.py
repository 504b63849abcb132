"""PostgreSQL connections with a client-side timeout.

PostgreSQL's own timeouts end slow statements, and TCP detects a lost peer. Neither helps if the
server hangs while its kernel, or a proxy, still acknowledges packets.
"""

from typing import Any, TypeVar

import psycopg
from django.conf import settings
from psycopg import errors
from psycopg.abc import PQGen

Result = TypeVar("Result")

# Longer than the server's own limit, after which the outcome of a statement is known.
MARGIN = 1.25


class ServerSilentError(psycopg.OperationalError):
    """The server did not answer in time; it may or may not have run the statement."""


class TransactionExpiredError(psycopg.OperationalError):
    """The server rolled back a transaction that was idle for too long.

    psycopg raises an ``InternalError``, which would be reported as a bug.
    """

    sqlstate = errors.IdleInTransactionSessionTimeout.sqlstate


class ReadOnlyServerError(psycopg.OperationalError):
    """The server refuses writes: it is a standby, or was made read-only.

    psycopg raises an ``InternalError`` here, too.
    """

    sqlstate = errors.ReadOnlySqlTransaction.sqlstate


class BoundedConnection(psycopg.Connection[Any]):
    """Closes itself if the server does not respond within ``response_timeout_s()``.

    :raises ServerSilentError: from the call that waited.
    """

    def wait(
        self, gen: PQGen[Result], interval: float = 0.1, timeout: float | None = None
    ) -> Result:
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        limit_s = response_timeout_s()
        try:
            return super().wait(gen, interval, limit_s)
        except errors._WaitTimeout as error:  # noqa: SLF001 - psycopg exports no other name
            # A late result could be taken for that of another statement.
            self.close()
            text = f"the database did not respond within {limit_s:g} s"
            raise ServerSilentError(text) from error
        except errors.IdleInTransactionSessionTimeout as error:
            raise TransactionExpiredError(str(error)) from error
        except errors.ReadOnlySqlTransaction as error:
            raise ReadOnlyServerError(str(error)) from error


def response_timeout_s() -> float | None:
    """How long the server may take to answer, in seconds; None means no limit."""
    limit_s: int = settings.DATABASE_STATEMENT_TIMEOUT_SECONDS
    return limit_s * MARGIN or None
