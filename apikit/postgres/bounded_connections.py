"""Connections to PostgreSQL that give up on a server that no longer answers.

PostgreSQL's own timeouts end a statement that takes too long, and TCP notices a peer that is gone.
Neither helps where the server hangs while its kernel, or a proxy on the way, still acknowledges
what is sent. So the client has a limit as well.
"""

from typing import Any, TypeVar

import psycopg
from django.conf import settings
from psycopg import errors
from psycopg.abc import PQGen

Result = TypeVar("Result")

# Above the server's own limit, which ends a statement with a known outcome.
MARGIN = 1.25


class ServerSilentError(psycopg.OperationalError):
    """The server did not answer in time; whether it carried out the statement is unknown."""


class TransactionExpiredError(psycopg.OperationalError):
    """The server rolled a transaction back because it was idle for too long.

    psycopg has it under ``InternalError``, which would pass for a bug.
    """

    sqlstate = errors.IdleInTransactionSessionTimeout.sqlstate


class ReadOnlyServerError(psycopg.OperationalError):
    """The server takes no writes: it is a standby, or was made read-only.

    An ``InternalError`` for psycopg, too.
    """

    sqlstate = errors.ReadOnlySqlTransaction.sqlstate


class BoundedConnection(psycopg.Connection[Any]):
    """Closes itself when the server does not answer for ``answer_timeout_s()``.

    :raises ServerSilentError: from whatever waited for the answer.
    """

    def wait(
        self, gen: PQGen[Result], interval: float = 0.1, timeout: float | None = None
    ) -> Result:
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        limit_s = answer_timeout_s()
        try:
            return super().wait(gen, interval, limit_s)
        except errors._WaitTimeout as error:  # noqa: SLF001 - psycopg exports no other name
            # What comes later could be taken for the answer to another statement.
            self.close()
            text = f"the database did not answer within {limit_s:g} s"
            raise ServerSilentError(text) from error
        except errors.IdleInTransactionSessionTimeout as error:
            raise TransactionExpiredError(str(error)) from error
        except errors.ReadOnlySqlTransaction as error:
            raise ReadOnlyServerError(str(error)) from error


def answer_timeout_s() -> float | None:
    """How long the server may take to answer, in seconds; None for as long as it likes."""
    limit_s: int = settings.DATABASE_STATEMENT_TIMEOUT_SECONDS
    return limit_s * MARGIN or None
