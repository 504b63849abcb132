"""``manage.py work``: run background jobs. ``make worker`` calls it."""

import os
import signal
import threading
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from prometheus_client import start_http_server

from jobs.local_worker import start_worker, stop_worker
from jobs.models import Job

# Of the server that started this process, which ends with it, even if the server was killed.
PARENT_VARIABLE = "TALLYROOM_PARENT"
PARENT_CHECK_S = 2.0
# With a lower priority than the server beside it, votes are served first on a busy machine.
NICENESS = 5


class Command(BaseCommand):
    help = "Runs background jobs until it is stopped. SIGTERM lets running jobs finish."

    def handle(self, *args: Any, **options: Any) -> None:
        stopping = threading.Event()

        def stop(number: int, frame: FrameType | None) -> None:
            stopping.set()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        # Fails with a sentence if the database does not answer or is not migrated.
        Job.objects.exists()
        parent = int(os.environ.get(PARENT_VARIABLE, "0"))
        if parent:
            os.nice(NICENESS)
        elif settings.WORKER_METRICS_PORT:
            start_http_server(settings.WORKER_METRICS_PORT, settings.HOST)
        start_worker()
        self.stdout.write(f"Running up to {settings.JOBS_PER_WORKER} jobs at a time.")
        self.stdout.flush()
        _wait(stopping, parent)
        stop_worker(settings.SHUTDOWN_SECONDS)


def _wait(stopping: threading.Event, parent: int) -> None:
    """Wait for a signal, or for the end of the server that started this process, if any."""
    while not stopping.wait(PARENT_CHECK_S):
        if parent and os.getppid() != parent:
            return
