"""A semaphore with a bounded, fair queue: clients take turns, however many requests each sends."""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Protocol

ErrorFactory = Callable[[], Exception]


class Waiter(Protocol):
    """A future of asyncio or concurrent.futures: resolves to None for a turn, or to an error."""

    def done(self) -> bool: ...
    def set_result(self, result: None, /) -> None: ...
    def set_exception(self, exception: BaseException, /) -> None: ...
    def cancelled(self) -> bool: ...
    def exception(self) -> BaseException | None: ...


class FairQueue:
    """Grants ``concurrency`` turns at a time, round-robin over the clients that wait.

    At most ``max_waiting`` waiters queue, of one client at most ``max_waiting_per_client``.
    Waiters beyond the client's limit get ``client_error``, beyond the queue's ``queue_error``. With
    ``evicts_longest`` a full queue refuses the newest waiter of the client that has most, so that
    one client cannot fill it.

    Thread-safe. Waiters are resolved in the thread that makes room for them, so futures of an event
    loop need a queue that is used by that loop only.
    """

    def __init__(
        self,
        *,
        concurrency: int,
        max_waiting: int,
        max_waiting_per_client: int,
        client_error: ErrorFactory,
        queue_error: ErrorFactory,
        evicts_longest: bool = False,
    ) -> None:
        self._free = concurrency
        self._max_waiting = max_waiting
        self._max_waiting_per_client = max_waiting_per_client
        self._client_error = client_error
        self._queue_error = queue_error
        self._evicts_longest = evicts_longest
        self._lock = threading.Lock()
        # Clients in the order of their next turns.
        self._queues: OrderedDict[str, deque[Waiter]] = OrderedDict()
        self._waiting = 0

    @property
    def waiting(self) -> int:
        """How many waiters are queued."""
        return self._waiting

    def acquire(self, client: str, waiter: Waiter) -> None:
        """Give ``waiter`` a turn, queue it, or refuse it or the waiter that it evicts."""
        with self._lock:
            own = len(self._queues.get(client, ()))
            if self._free:
                self._free -= 1
                waiter.set_result(None)
            elif own >= self._max_waiting_per_client:
                waiter.set_exception(self._client_error())
            elif self._waiting < self._max_waiting or self._evict(own):
                self._queues.setdefault(client, deque()).append(waiter)
                self._waiting += 1
            else:
                waiter.set_exception(self._queue_error())

    def cancel(self, client: str, waiter: Waiter) -> None:
        """Remove a waiter from the queue, or release the turn that it has got."""
        with self._lock:
            queue = self._queues.get(client)
            if queue is not None and waiter in queue:
                queue.remove(waiter)
                self._waiting -= 1
                if not queue:
                    del self._queues[client]
                return
        if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
            self.release()

    def release(self) -> None:
        """End a turn; the oldest waiter of the next client gets it."""
        with self._lock:
            while self._queues:
                client, queue = self._queues.popitem(last=False)
                waiter = queue.popleft()
                self._waiting -= 1
                if queue:
                    self._queues[client] = queue
                if not waiter.done():
                    waiter.set_result(None)
                    return
            self._free += 1

    def _evict(self, own: int) -> bool:
        """Make room for a client with ``own`` waiters, if another has more than it will have."""
        if not self._evicts_longest or not self._queues:
            return False
        longest = max(self._queues.values(), key=len)
        if own + 1 >= len(longest):
            return False
        evicted = longest.pop()
        self._waiting -= 1
        if not evicted.done():
            evicted.set_exception(self._queue_error())
        return True
