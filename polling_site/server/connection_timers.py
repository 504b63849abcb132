"""Timers of a connection: a deadline for sending, and a check that the client reads."""

import asyncio
from collections.abc import Callable


class Deadline:
    """A deadline for what the client has to send next.

    Setting and clearing it is an assignment. ``arm`` starts a timer only if none runs, and a timer
    that fires early restarts itself. So a request that arrives whole starts no timer.
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
        """Sets the deadline to ``seconds`` from now."""
        self._at_s = self._loop.time() + seconds

    def clear(self) -> None:
        self._at_s = None

    def arm(self) -> None:
        """Ensures that a timer runs if the deadline is set, and fires no later than it."""
        if self._at_s is None:
            return
        if self._timer is not None:
            if self._timer.when() <= self._at_s:
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(self._at_s, self._fire)

    def stop(self) -> None:
        """Clears the deadline and cancels the timer."""
        self._at_s = None
        if self._timer is not None:
            self._timer.cancel()

    def _fire(self) -> None:
        self._timer = None
        if self._at_s is not None and self._loop.time() >= self._at_s:
            self._expire()
        self.arm()


class ReadingWatch:
    """Calls ``drop`` when a client reads nothing of its response for ``stall_s``."""

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
        """Starts watching; call it when the write buffer fills up."""
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
