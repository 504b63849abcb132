"""A running job, as its handler sees it."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import transaction

from apikit.actors import Actor
from jobs import states
from jobs.errors import StoppedError
from jobs.live_updates import publish_on_commit
from jobs.models import Job
from jobs.results import FileResult, Result, json_result, store_file

# Progress is written at most this often.
PROGRESS_INTERVAL_S = 0.25


class Run:
    """One attempt of a job. ``actor`` is its owner with the current rights; None for the site's.

    ``report`` and ``check`` raise :class:`StoppedError` when the job was cancelled, took too long
    or was given to another worker: call one of them at least every second. A handler that waits
    for something else, such as a process, uses ``stopping``.
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        self.actor: Actor | None = None
        self.is_succeeded = False
        self._started_s = time.monotonic()
        self._reported_s = 0.0
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._on_stop: Callable[[], None] | None = None

    @property
    def id(self) -> UUID:
        return self.job.id

    @property
    def project_id(self) -> UUID | None:
        return self.job.project_id

    @property
    def attempt(self) -> int:
        """The number of this attempt, from 1."""
        return self.job.attempts

    @property
    def worker(self) -> str:
        """The name of this attempt in the job's row."""
        return self.job.worker

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self._started_s

    @property
    def is_stopped(self) -> bool:
        return self._stopped.is_set()

    def check(self) -> None:
        """Return if the job may go on; no query.

        :raises StoppedError: if not.
        """
        if self.is_stopped:
            raise StoppedError

    def report(self, percent: float, message: str = "") -> None:
        """Show the progress, from 0 to 100. Cheap: it is written four times a second at most.

        Call it outside of transactions, in which nobody else would see it.

        :raises StoppedError: see ``check``.
        """
        self.check()
        now_s = time.monotonic()
        if self._reported_s and now_s - self._reported_s < PROGRESS_INTERVAL_S:
            return
        self._reported_s = now_s
        whole = max(0, min(100, int(percent)))
        if not states.show_progress(self.id, self.worker, whole, message):
            self.stop()
            raise StoppedError
        publish_on_commit(self.id)

    def succeed(self, result: Result = None) -> None:
        """Write the final state with the result, as the last step of the handler's transaction.

        :raises StoppedError: if the job is not this attempt's any more; leave the transaction with
            this error, so that the effect is rolled back.
        :raises ResultTooLargeError: for a result above the limits.
        """
        with transaction.atomic():
            if not states.succeed(self.id, self.worker, json_result(result)):
                self.stop()
                raise StoppedError
            if isinstance(result, FileResult):
                store_file(self.job, result)
            publish_on_commit(self.id)
        self.is_succeeded = True

    @contextmanager
    def stopping(self, stop: Callable[[], None]) -> Iterator[None]:
        """Call ``stop`` if the job is stopped meanwhile, in another thread."""
        with self._lock:
            self._on_stop = stop
            is_late = self.is_stopped
        if is_late:
            stop()
        try:
            yield
        finally:
            with self._lock:
                self._on_stop = None

    def stop(self) -> None:
        """Tell the handler to end."""
        with self._lock:
            if self._stopped.is_set():
                return
            self._stopped.set()
            on_stop = self._on_stop
        if on_stop is not None:
            on_stop()
