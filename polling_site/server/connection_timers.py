"""Timers of one connection: for what the client has to send, and for what it has to read."""

import asyncio
from collections.abc import Callable


class Deadline:
    """When the client must have sent what it owes.

    Setting and clearing it costs an assignment; ``arm`` starts a timer only if there is none, and
    a timer that fires early starts itself again. So a request that comes whole starts none.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, expire: Callable[[], None]) -> None:
        self._loop = loop
        self._expire = expire
        self._at_s: float | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_set(self) -> bool:
        return self._at_s is not None

    def set(self, seconds: float) -> None:
        """Gives the client so long from now."""
        self._at_s = self._loop.time() + seconds

    def clear(self) -> None:
        self._at_s = None

    def arm(self) -> None:
        """Makes sure that a timer runs if the deadline is set, and fires no later than that."""
        if self._at_s is None:
            return
        if self._timer is not None:
            if self._timer.when() <= self._at_s:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(self._at_s, self._fire)

    def stop(self) -> None:
        """Clears the deadline for good."""
        self._at_s = None
        if self._timer is not None:
            self._timer.cancel()

    def _fire(self) -> None:
        self._timer = None
        if self._at_s is not None and self._loop.time() >= self._at_s:
            self._expire()
        self.arm()


class ReadingWatch:
    """Calls ``drop`` when a client takes nothing of what is written to it for ``stall_s``."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        unread_bytes: Callable[[], int],
        stall_s: float,
        drop: Callable[[], None],
    ) -> None:
        self._loop = loop
        self._unread_bytes = unread_bytes
        self._stall_s = stall_s
        self._drop = drop
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Watches from now on, while more is written than the client has taken."""
        self.stop()
        self._timer = self._loop.call_later(self._stall_s, self._check, self._unread_bytes())

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _check(self, before_bytes: int) -> None:
        if self._unread_bytes() < before_bytes:
            self.start()
        else:
            self._drop()
