"""Database access from the event loop."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from channels.db import database_sync_to_async

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


async def in_database(
    function: Callable[Parameters, Result],
    *args: Parameters.args,
    **kwargs: Parameters.kwargs,
) -> Result:
    """Calls ``function`` in one of several threads, each with its own database connection.

    Channels' default is one thread for all sockets of the process.
    """
    result: Result = await database_sync_to_async(function, thread_sensitive=False)(*args, **kwargs)
    return result
