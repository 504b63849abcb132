"""Records what watchers are shown, and when."""

import asyncio
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from bench.clients.websocket import Socket, total_votes

PATIENCE_S = 60.0


class Crowd:
    """The watchers of one poll; reports when all have seen a number of votes."""

    def __init__(self, watchers: Sequence[Socket]) -> None:
        self.size = len(watchers)
        self.frames = 0
        self._shown = [0] * len(watchers)
        self._awaited = 0
        self._missing = 0
        self._all_show: asyncio.Future[None] | None = None
        for index, watcher in enumerate(watchers):
            watcher.on_update = self._follow(index)

    async def see(self, total: int, cause: asyncio.Future[bool]) -> None:
        """Waits for ``cause``, and until all watchers show ``total`` votes."""
        self._awaited = total
        self._missing = sum(shown < total for shown in self._shown)
        self._all_show = asyncio.get_running_loop().create_future()
        if not self._missing:
            self._all_show.set_result(None)
        await cause
        async with asyncio.timeout(PATIENCE_S):
            await self._all_show

    def _follow(self, index: int) -> Callable[[bytes], None]:
        def updated(text: bytes) -> None:
            self.frames += 1
            total = total_votes(text)
            if self._shown[index] < self._awaited <= total:
                self._missing -= 1
                if not self._missing and self._all_show is not None:
                    self._all_show.set_result(None)
            self._shown[index] = max(total, self._shown[index])

        return updated


class Instant(NamedTuple):
    """A moment, and the number of votes a screen shows once it is up to date with it."""

    at_s: float
    total: int


class Screen:
    """The totals one watcher was shown, and when."""

    def __init__(self, watcher: Socket) -> None:
        self._times_s: list[float] = []
        self._totals: list[int] = []
        self.frames = 0
        watcher.on_update = self._record_frame

    def _record_frame(self, text: bytes) -> None:
        self.frames += 1
        total = total_votes(text)
        # An older frame after a newer one does not count: clients ignore it.
        if not self._totals or total > self._totals[-1]:
            self._totals.append(total)
            self._times_s.append(time.perf_counter())

    def lags_s(self, instants: Iterable[Instant]) -> Iterator[float]:
        """Yields the delay of each instant until it was shown; skips those that never were."""
        for at_s, total in instants:
            index = bisect_left(self._totals, total)
            if index < len(self._totals):
                yield max(0.0, self._times_s[index] - at_s)
