"""A gate that takes turns between clients: one that asks a lot delays itself, not the others."""

import asyncio
import time
from collections import OrderedDict, deque

from apikit.errors import ServerUnavailableError, TooManyRequestsError

RETRY_AFTER_S = 2


class FairGate:
    """Lets ``concurrency`` through at a time; the others wait, at most ``queue_max`` of them.

    Clients take turns, however many requests each has waiting, which are at most
    ``queue_max_per_client``. With ``rest`` a turn is followed by a pause of ``rest`` times its
    length, so that what is done behind the gate takes at most 1 / (1 + rest) of the time.

    For one event loop.
    """

    def __init__(
        self, *, concurrency: int, queue_max: int, queue_max_per_client: int, rest: float = 0.0
    ) -> None:
        self._free = concurrency
        self._queue_max = queue_max
        self._queue_max_per_client = queue_max_per_client
        self._rest = rest
        # In the order of their turns.
        self._queues: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self.waiting = 0

    async def enter(self, client: str) -> "Turn":
        """Waits for a turn.

        :raises TooManyRequestsError: when too many requests of ``client`` wait already.
        :raises ServerUnavailableError: when too many wait altogether.
        """
        if self._free:
            self._free -= 1
        else:
            await self._wait(client)
        return Turn(self, self._rest)

    async def _wait(self, client: str) -> None:
        if len(self._queues.get(client, ())) >= self._queue_max_per_client:
            raise TooManyRequestsError(retry_after_s=RETRY_AFTER_S)
        if self.waiting >= self._queue_max:
            raise ServerUnavailableError(retry_after_s=RETRY_AFTER_S)
        mine = asyncio.get_running_loop().create_future()
        self._queues.setdefault(client, deque()).append(mine)
        self.waiting += 1
        try:
            await mine
        except asyncio.CancelledError:
            if mine.cancelled():
                self._forget(client, mine)
            else:
                # Its turn came at the same moment.
                self.pass_on()
            raise

    def pass_on(self) -> None:
        """Gives a turn that is over to the first client in the row, which then goes to its end."""
        while self._queues:
            client, queue = self._queues.popitem(last=False)
            first = queue.popleft()
            self.waiting -= 1
            if queue:
                self._queues[client] = queue
            if not first.done():
                first.set_result(None)
                return
        self._free += 1

    def _forget(self, client: str, mine: "asyncio.Future[None]") -> None:
        queue = self._queues.get(client, deque())
        if mine not in queue:
            return  # passed over already
        queue.remove(mine)
        self.waiting -= 1
        if not queue:
            del self._queues[client]


class Turn:
    """A turn at a gate, until ``end()`` is called; calling it again does nothing."""

    def __init__(self, gate: FairGate, rest: float) -> None:
        self._gate: FairGate | None = gate
        self._rest = rest
        self._started_s = time.perf_counter()

    def end(self) -> None:
        gate, self._gate = self._gate, None
        if gate is None:
            return
        pause_s = self._rest * (time.perf_counter() - self._started_s)
        if pause_s > 0:
            asyncio.get_running_loop().call_later(pause_s, gate.pass_on)
        else:
            gate.pass_on()
