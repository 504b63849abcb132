"""Argon2id hashing in bounded, low-priority threads, so that a wave of logins cannot delay votes.

The parameters are the minimum of the OWASP password storage cheat sheet (19 MiB, two passes, one
lane), about 20 ms here. Django's defaults take five times the time and memory. Hashing releases the
GIL, so without a bound each waiting login would occupy a core.
"""

import functools
import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher

from accounts.errors import TooManySignInsError
from apikit.fair_queue import FairQueue
from apikit.throttling import present_client

Result = TypeVar("Result")

# About a tenth of the normal CPU weight.
NICENESS = 10


class PasswordGate:
    """Hashes ``concurrency`` passwords at a time; ``max_waiting`` requests wait, fairly by client
    address, and others are refused."""

    def __init__(self, concurrency: int, max_waiting: int, max_waiting_per_client: int) -> None:
        self._queue = FairQueue(
            concurrency=concurrency,
            max_waiting=max_waiting,
            max_waiting_per_client=max_waiting_per_client,
            client_error=TooManySignInsError,
            queue_error=TooManySignInsError,
            evicts_longest=True,
        )
        self._thread = threading.local()
        self._hashing = ThreadPoolExecutor(
            concurrency, "password-hash", initializer=_lower_priority
        )

    @property
    def waiting(self) -> int:
        """How many requests wait for their turn."""
        return self._queue.waiting

    def run(self, work: Callable[[str, str], Result], one: str, other: str) -> Result:
        """Call ``work(one, other)`` in a low-priority thread, in its turn."""
        with self.turn():
            return self._hashing.submit(work, one, other).result()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn; reentrant within a thread.

        Enter it before the first query: a waiting login that holds a database connection keeps it
        from other requests.

        :raises TooManySignInsError: if too many requests wait.
        """
        if getattr(self._thread, "has_turn", False):
            yield
            return
        waiter: Future[None] = Future()
        self._queue.acquire(present_client(), waiter)
        waiter.result()
        self._thread.has_turn = True
        try:
            yield
        finally:
            self._thread.has_turn = False
            self._queue.release()


@functools.cache
def password_gate() -> PasswordGate:
    """Return the gate of this process."""
    return PasswordGate(
        settings.PASSWORD_HASH_CONCURRENCY,
        settings.PASSWORD_HASH_QUEUE,
        settings.PASSWORD_HASH_QUEUE_PER_ADDRESS,
    )


class BoundedArgon2PasswordHasher(Argon2PasswordHasher):
    """Hashes through the gate, whatever the entry point: API, page, admin or command.

    :raises TooManySignInsError: if too many requests wait.
    """

    time_cost = 2
    memory_cost = 19 * 1024  # KiB
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        return password_gate().run(super().encode, password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        return password_gate().run(super().verify, password, encoded)


def _lower_priority() -> None:
    # On Linux threads have a priority of their own; elsewhere this would slow the whole process.
    if sys.platform == "linux":
        os.nice(NICENESS)
