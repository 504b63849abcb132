"""Work on items in the background, on all that have collected at once."""

from collections.abc import Awaitable, Callable, Hashable, Iterable
from typing import Generic, TypeVar

from apikit.background import report_failure
from realtime.presence.local_hub import LocalHub

Item = TypeVar("Item", bound=Hashable)

# The ids in one query.
MAX_ITEMS = 500
RETRY_AFTER_S = 1.0


class Batches(Generic[Item]):
    """Calls ``handle`` with the items that have come within ``collect_s``, one batch at a time.

    A batch that fails is reported and tried again later, together with what has come meanwhile.
    """

    def __init__(
        self,
        hub: LocalHub,
        work: str,
        handle: Callable[[list[Item]], Awaitable[None]],
        *,
        collect_s: float = 0.0,
    ) -> None:
        self._hub = hub
        self._work = work
        self._handle = handle
        self._collect_s = collect_s
        # A dictionary, because sets have no order.
        self._waiting: dict[Item, None] = {}
        self._is_due = False
        self._is_stopped = False

    def add(self, items: Iterable[Item]) -> None:
        """Adds items; those that wait already are handled once."""
        self._waiting.update(dict.fromkeys(items))
        self._schedule(self._collect_s)

    def stop(self) -> None:
        """Starts no more batches: the hub has cancelled its tasks."""
        self._is_stopped = True

    def _schedule(self, delay_s: float) -> None:
        if self._waiting and not self._is_due:
            self._is_due = True
            self._hub.loop.call_later(delay_s, self._start)

    def _start(self) -> None:
        if not self._is_stopped:
            self._hub.spawn(self._run())

    async def _run(self) -> None:
        batch = [*self._waiting][:MAX_ITEMS]
        for item in batch:
            del self._waiting[item]
        delay_s = self._collect_s
        try:
            await self._handle(batch)
        except Exception as error:  # noqa: BLE001 - outermost
            report_failure(self._work, error, "put off")
            self._waiting = dict.fromkeys([*batch, *self._waiting])
            delay_s = RETRY_AFTER_S
        self._is_due = False
        self._schedule(delay_s)
