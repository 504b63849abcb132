"""A fair queue for the requests of one event loop, with a pause after each turn."""

import asyncio
import time
from functools import partial

from apikit.errors import ServerUnavailableError, TooManyRequestsError
from apikit.fair_queue import FairQueue

RETRY_AFTER_S = 2


class FairGate:
    """Lets ``concurrency`` requests through at a time; clients take turns.

    A turn is followed by a pause of ``rest`` times its length, so that the work behind the gate
    takes at most 1 / (1 + rest) of the time.
    """

    def __init__(
        self, *, concurrency: int, max_waiting: int, max_waiting_per_client: int, rest: float = 0.0
    ) -> None:
        self._rest = rest
        self._queue = FairQueue(
            concurrency=concurrency,
            max_waiting=max_waiting,
            max_waiting_per_client=max_waiting_per_client,
            client_error=partial(TooManyRequestsError, retry_after_s=RETRY_AFTER_S),
            queue_error=partial(ServerUnavailableError, retry_after_s=RETRY_AFTER_S),
        )

    @property
    def waiting(self) -> int:
        """How many requests wait."""
        return self._queue.waiting

    async def enter(self, client: str) -> "Turn":
        """Wait for a turn.

        :raises TooManyRequestsError: if too many requests of ``client`` wait.
        :raises ServerUnavailableError: if too many requests wait in all.
        """
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.acquire(client, waiter)
        try:
            await waiter
        except asyncio.CancelledError:
            self._queue.cancel(client, waiter)
            raise
        return Turn(self._queue, self._rest)


class Turn:
    """A turn at a gate. ``end()`` ends it; calling it again does nothing."""

    def __init__(self, queue: FairQueue, rest: float) -> None:
        self._queue: FairQueue | None = queue
        self._rest = rest
        self._started_s = time.perf_counter()

    def end(self) -> None:
        queue, self._queue = self._queue, None
        if queue is None:
            return
        pause_s = self._rest * (time.perf_counter() - self._started_s)
        if pause_s > 0:
            asyncio.get_running_loop().call_later(pause_s, queue.release)
        else:
            queue.release()
