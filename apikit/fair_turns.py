"""Turns at something expensive, shared fairly between subjects such as client addresses.

Round-robin: of the subjects that wait, each gets a turn per round, whatever number of requests it
has queued. When the queue is full, the longest queue of one subject gives up its newest entry, so a
single subject can fill the queue without keeping anybody else out.
"""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Protocol


class Ticket(Protocol):
    """A future of either kind: resolved with None for a turn, or with the refusal."""

    def done(self) -> bool: ...
    def set_result(self, result: None, /) -> None: ...
    def set_exception(self, exception: BaseException, /) -> None: ...
    def cancelled(self) -> bool: ...
    def exception(self) -> BaseException | None: ...


class FairTurns:
    """Lets ``at_once`` tickets have their turn at a time, and at most ``waiting`` wait for theirs,
    of one subject at most ``waiting_per_subject``.

    Tickets are resolved in the thread that makes room for them, so if they are futures of an event
    loop, all have to be of the same loop, and this object is to be used from it alone.
    """

    def __init__(
        self,
        at_once: int,
        waiting: int,
        waiting_per_subject: int,
        refusal: Callable[[], Exception],
    ) -> None:
        self._free = at_once
        self._most_waiting = waiting
        self._most_of_one = waiting_per_subject
        self._refusal = refusal
        self._lock = threading.Lock()
        # Subjects in the order of their next turns.
        self._queues: OrderedDict[str, deque[Ticket]] = OrderedDict()
        self._waiting = 0

    @property
    def waiting(self) -> int:
        """How many tickets wait for their turn."""
        return self._waiting

    def ask(self, subject: str, ticket: Ticket) -> None:
        """Gives ``ticket`` a turn now or later, or refuses it; it may displace another one."""
        with self._lock:
            if self._free:
                self._free -= 1
                ticket.set_result(None)
                return
            refused = self._queue(subject, ticket)
            if refused is not None:
                refused.set_exception(self._refusal())

    def give_up(self, subject: str, ticket: Ticket) -> None:
        """Removes a ticket whose holder no longer waits, whether it still waits or has its turn."""
        with self._lock:
            queue = self._queues.get(subject)
            if queue is not None and ticket in queue:
                queue.remove(ticket)
                self._waiting -= 1
                self._forget_if_empty(subject)
                return
        if ticket.done() and not ticket.cancelled() and ticket.exception() is None:
            self.leave()

    def leave(self) -> None:
        """Ends a turn; the next subject's oldest ticket gets it."""
        with self._lock:
            while self._queues:
                subject, queue = self._queues.popitem(last=False)
                ticket = queue.popleft()
                self._waiting -= 1
                if queue:
                    self._queues[subject] = queue
                if not ticket.done():
                    ticket.set_result(None)
                    return
            self._free += 1

    def _queue(self, subject: str, ticket: Ticket) -> Ticket | None:
        """Queues ``ticket``; returns the ticket to refuse for it, possibly itself."""
        own = len(self._queues.get(subject, ()))
        displaced = None
        if own >= self._most_of_one:
            return ticket
        if self._waiting >= self._most_waiting:
            longest = max(self._queues, key=lambda each: len(self._queues[each]), default=None)
            if longest is None or own + 1 >= len(self._queues[longest]):
                return ticket
            displaced = self._queues[longest].pop()
            self._waiting -= 1
        self._queues.setdefault(subject, deque()).append(ticket)
        self._waiting += 1
        return None if displaced is None or displaced.done() else displaced

    def _forget_if_empty(self, subject: str) -> None:
        if not self._queues[subject]:
            del self._queues[subject]
