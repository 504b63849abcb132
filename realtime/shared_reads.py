"""Readings that all share who ask for the same thing meanwhile.

Who asks while it is being read waits for the next reading, together with the others. So each sees
everything that was committed before they asked, and nobody sees a copy that was kept.
"""

import asyncio
from collections.abc import Callable, Collection, Hashable
from typing import Generic, TypeVar

from realtime.database import in_database

Asker = TypeVar("Asker", bound=Hashable)
Answer = TypeVar("Answer")


class SharedReads(Generic[Asker, Answer]):
    """Readings by what is read; of each, one is under way and one may wait to begin."""

    def __init__(self) -> None:
        self._waiting: dict[Hashable, tuple[set[Asker], asyncio.Future[Answer]]] = {}
        self._busy: set[Hashable] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def get(
        self, name: Hashable, asker: Asker, read: Callable[[Collection[Asker]], Answer]
    ) -> Answer:
        """What a reading that begins from now on gives.

        ``read`` runs in a thread, with all who wait for it.
        """
        if name not in self._waiting:
            self._waiting[name] = (set(), asyncio.get_running_loop().create_future())
            if name not in self._busy:
                self._begin(name, read)
        askers, answer = self._waiting[name]
        askers.add(asker)
        # Shielded: whoever goes away doesn't take the answer from the others.
        return await asyncio.shield(answer)

    def _begin(self, name: Hashable, read: Callable[[Collection[Asker]], Answer]) -> None:
        self._busy.add(name)
        task = asyncio.get_running_loop().create_task(self._read(name, read))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _read(self, name: Hashable, read: Callable[[Collection[Asker]], Answer]) -> None:
        while (waiting := self._waiting.pop(name, None)) is not None:
            askers, answer = waiting
            try:
                answer.set_result(await in_database(read, askers))
            except BaseException as error:  # noqa: BLE001 - it belongs to those who wait
                answer.set_exception(error)
                # Marked as seen, in case all of them have gone away.
                answer.exception()
        self._busy.discard(name)
