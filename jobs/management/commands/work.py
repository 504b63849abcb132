"""``manage.py work``: run background jobs. ``make worker`` calls it."""

import os
import signal
import threading
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from jobs.local_worker import start_worker, stop_worker
from jobs.models import Job

# Of the server that started this process, which ends with it, even if the server was killed.
PARENT_VARIABLE = "TALLYROOM_PARENT"
PARENT_CHECK_S = 2.0


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
        start_worker()
        self.stdout.write(f"Running up to {settings.JOBS_PER_WORKER} jobs at a time.")
        self.stdout.flush()
        _wait(stopping)
        stop_worker(settings.SHUTDOWN_SECONDS)


def _wait(stopping: threading.Event) -> None:
    """Wait for a signal, or for the end of the server that started this process."""
    parent = int(os.environ.get(PARENT_VARIABLE, "0"))
    while not stopping.wait(PARENT_CHECK_S):
        if parent and os.getppid() != parent:
            return
