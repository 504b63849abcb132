"""The processes that run background jobs beside those of the server.

They are processes of their own, because a thread would compete with the event loop for the GIL.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from django.conf import settings

from jobs.management.commands.work import PARENT_VARIABLE

log = structlog.get_logger(__name__)

# Before a worker that ended is started again.
RESTART_AFTER_S = 1.0
# Beyond the time it may take for its jobs.
STOP_MARGIN_S = 10


@contextmanager
def job_workers(count: int) -> Iterator[None]:
    """Run ``count`` workers meanwhile, and restart those that end."""
    supervisors = [_Supervisor() for _ in range(count)]
    for supervisor in supervisors:
        supervisor.start()
    try:
        yield
    finally:
        for supervisor in supervisors:
            supervisor.terminate()
        for supervisor in supervisors:
            supervisor.join()


class _Supervisor(threading.Thread):
    """Keeps one worker process running."""

    def __init__(self) -> None:
        super().__init__(name="job worker supervisor", daemon=True)
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        while not self._stopping.is_set():
            with self._lock:
                if self._stopping.is_set():
                    return
                self._process = subprocess.Popen(  # noqa: S603 - our own command
                    [sys.executable, sys.argv[0], "work"],
                    env=os.environ | {PARENT_VARIABLE: str(os.getpid())},
                    # A signal to the server's group, such as Ctrl+C, is passed on by the server.
                    process_group=0,
                )
            status = self._process.wait()
            if not self._stopping.wait(RESTART_AFTER_S):
                log.error("job worker ended, starting another", status=status)

    def terminate(self) -> None:
        """Ask the worker to finish its jobs and end."""
        with self._lock:
            self._stopping.set()
            if self._process is not None:
                self._process.terminate()

    def join(self, timeout: float | None = None) -> None:
        """Wait for the worker to end; kill it if it takes too long."""
        super().join(timeout or settings.SHUTDOWN_SECONDS + STOP_MARGIN_S)
        if self.is_alive() and self._process is not None:
            self._process.kill()
