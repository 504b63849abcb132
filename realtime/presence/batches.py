"""Work on items in the background, on all that have collected at once."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterable
from typing import Generic, TypeVar

from apikit.background import report_failure
from realtime.presence.local_hub import LocalHub

Item = TypeVar("Item", bound=Hashable)

# The ids in one query.
MAX_ITEMS = 500
RETRY_AFTER_S = 1.0


class Batches(Generic[Item]):
    """Calls ``handle`` with the items that have come meanwhile, one batch after another.

    A batch that fails is reported and tried again later, together with what has come meanwhile.
    """

    def __init__(
        self, hub: LocalHub, work: str, handle: Callable[[list[Item]], Awaitable[None]]
    ) -> None:
        self._hub = hub
        self._work = work
        self._handle = handle
        # A dictionary, because sets have no order.
        self._waiting: dict[Item, None] = {}
        self._is_running = False
        self._is_stopped = False

    def add(self, items: Iterable[Item]) -> None:
        """Adds items; those that wait already are handled once."""
        self._waiting.update(dict.fromkeys(items))
        if self._waiting and not self._is_running and not self._is_stopped:
            self._is_running = True
            self._hub.spawn(self._run())

    def stop(self) -> None:
        """Starts no more batches: the hub has cancelled its tasks."""
        self._is_stopped = True

    async def _run(self) -> None:
        try:
            while self._waiting:
                batch = [*self._waiting][:MAX_ITEMS]
                for item in batch:
                    del self._waiting[item]
                try:
                    await self._handle(batch)
                except Exception as error:  # noqa: BLE001 - outermost
                    report_failure(self._work, error, "put off")
                    self._waiting = dict.fromkeys([*batch, *self._waiting])
                    await asyncio.sleep(RETRY_AFTER_S)
        finally:
            self._is_running = False
