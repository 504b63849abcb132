"""The timers of one session, by name."""

import asyncio
from collections.abc import Callable


class Timers:
    """Calls functions later, at most one under each name."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._handles: dict[str, asyncio.TimerHandle] = {}

    def set(self, name: str, delay_s: float, call: Callable[[], None]) -> None:
        """Calls ``call`` in ``delay_s``, in place of what was to be called under this name."""
        self.cancel(name)
        self._handles[name] = self._loop.call_later(delay_s, call)

    def cancel(self, name: str) -> None:
        handle = self._handles.pop(name, None)
        if handle is not None:
            handle.cancel()

    def cancel_all(self) -> None:
        for name in list(self._handles):
            self.cancel(name)
