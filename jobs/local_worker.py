"""The worker of this process: embedded in a server, or all that the process does."""

import dramatiq
from django.conf import settings

from jobs import broker, messenger
from jobs.worker import Worker

_worker: Worker | None = None
_listener: dramatiq.Worker | None = None


def start_worker() -> None:
    """Start the worker. With Redis, it also listens for the messages of other processes."""
    global _worker, _listener  # noqa: PLW0603 - one for each process
    _worker = Worker()
    _worker.start()
    messenger.set_local_worker(_worker.wake)
    if settings.REDIS_URL:
        _listener = broker.listen(_worker.wake)


def stop_worker(timeout_s: float) -> None:
    """Stop the worker, if there is one. Running jobs have so long to finish; others go back."""
    global _worker, _listener  # noqa: PLW0603
    if _listener is not None:
        _listener.stop(timeout=1000)
        _listener = None
    messenger.set_local_worker(None)
    if _worker is not None:
        _worker.stop(timeout_s)
        _worker = None
