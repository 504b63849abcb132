"""The group commit of a process: started when it is first used, and stopped with the process."""

import threading
from collections.abc import Callable
from typing import Generic

from apikit.group_commit.committer import Committer, Event, Item, Result
from apikit.group_commit.engine import GroupCommit


class ProcessGroupCommit(Generic[Item, Result, Event]):
    """At most one running group commit, with a committer from ``make_committer``."""

    def __init__(self, make_committer: Callable[[], Committer[Item, Result, Event]]) -> None:
        self._make_committer = make_committer
        self._lock = threading.Lock()
        self._running: GroupCommit[Item, Result, Event] | None = None

    def start(self) -> GroupCommit[Item, Result, Event]:
        """Starts another one, which the caller stops; only tests need it."""
        return GroupCommit(self._make_committer())

    def running(self) -> GroupCommit[Item, Result, Event]:
        """Returns the one of this process; the first call starts it."""
        with self._lock:
            if self._running is None:
                self._running = self.start()
            return self._running

    @property
    def waiting(self) -> int:
        """How many items are queued."""
        running = self._running
        return 0 if running is None else running.waiting

    def stop(self) -> None:
        """Stops it, if it runs, after committing what is queued."""
        with self._lock:
            running, self._running = self._running, None
        if running is not None:
            running.stop()
