"""Coalesces concurrent identical reads.

A request that comes while a read is running waits for the next read, together with all others that
come meanwhile. So each sees everything committed before it asked; nothing is cached.
"""

import asyncio
from collections.abc import Callable, Collection, Hashable
from typing import Generic, TypeVar

from realtime.database import in_database

Reader = TypeVar("Reader", bound=Hashable)
Result = TypeVar("Result")


class SharedReads(Generic[Reader, Result]):
    """Reads by name; for each name, one runs and at most one is waiting to start."""

    def __init__(self) -> None:
        self._waiting: dict[Hashable, tuple[set[Reader], asyncio.Future[Result]]] = {}
        self._running: set[Hashable] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def get(
        self, name: Hashable, reader: Reader, read: Callable[[Collection[Reader]], Result]
    ) -> Result:
        """Returns the result of a read that starts after this call.

        ``read`` runs in a thread, with all readers that wait for it.
        """
        if name not in self._waiting:
            self._waiting[name] = (set(), asyncio.get_running_loop().create_future())
            if name not in self._running:
                self._start(name, read)
        readers, result = self._waiting[name]
        readers.add(reader)
        # Shielded, so that a reader that is cancelled does not cancel the others.
        return await asyncio.shield(result)

    def _start(self, name: Hashable, read: Callable[[Collection[Reader]], Result]) -> None:
        self._running.add(name)
        task = asyncio.get_running_loop().create_task(self._read(name, read))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _read(self, name: Hashable, read: Callable[[Collection[Reader]], Result]) -> None:
        while (waiting := self._waiting.pop(name, None)) is not None:
            readers, result = waiting
            try:
                result.set_result(await in_database(read, readers))
            except BaseException as error:  # noqa: BLE001 - raised in the readers
                result.set_exception(error)
                # Marks it as retrieved, in case all readers are gone.
                result.exception()
        self._running.discard(name)
