"""Asking the database from the event loop."""

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
    """What ``function`` returns, called in one of several threads, each with its connection.

    Channels' default would put all sockets of the process through a single thread.
    """
    result: Result = await database_sync_to_async(function, thread_sensitive=False)(*args, **kwargs)
    return result
