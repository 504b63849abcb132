"""Argon2id, tuned and bounded: a wave of logins must leave the votes alone.

The parameters are the minimum of the OWASP password storage cheat sheet (19 MiB, two passes, one
lane), about 20 ms here; Django's own take five times the time and the memory. Hashing runs outside
Python's global lock, so that without a bound each waiting login would take a core; and in threads
that step back behind all others.
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

from apikit.errors import TooManyRequestsError
from apikit.fair_turns import FairTurns
from apikit.throttling import present_client

Result = TypeVar("Result")

# A tenth of what others get of a processor they want as well.
NICENESS = 10


def too_many_sign_ins() -> TooManyRequestsError:
    """For whoever finds too many waiting already."""
    return TooManyRequestsError(
        "Too many people are signing in just now: try again in a few seconds.", retry_after_s=3
    )


class _Gate:
    """Lets ``concurrency`` hash at a time, lets ``queue`` wait, fairly by client address, and turns
    others away."""

    def __init__(self, concurrency: int, queue: int, queue_per_address: int) -> None:
        self._turns = FairTurns(concurrency, queue, queue_per_address, too_many_sign_ins)
        self._thread = threading.local()
        self._hashing = ThreadPoolExecutor(concurrency, "password-hash", initializer=_step_back)

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return self._turns.waiting

    def run(self, work: Callable[[str, str], Result], one: str, other: str) -> Result:
        """``work(one, other)`` in its turn, with what nobody else wants of the processor."""
        with self.passing():
            return self._hashing.submit(work, one, other).result()

    @contextmanager
    def passing(self) -> Iterator[None]:
        """Waits for a turn; whose turn it is already goes straight on.

        Whoever reads from the database first should wait for the turn before that: a waiting
        login that holds a connection keeps it from everybody else.

        :raises TooManyRequestsError: when too many wait already.
        """
        if getattr(self._thread, "has_turn", False):
            yield
            return
        ticket: Future[None] = Future()
        self._turns.ask(present_client(), ticket)
        ticket.result()
        self._thread.has_turn = True
        try:
            yield
        finally:
            self._thread.has_turn = False
            self._turns.leave()


@functools.cache
def password_gate() -> _Gate:
    """The gate of this process."""
    return _Gate(
        settings.PASSWORD_HASH_CONCURRENCY,
        settings.PASSWORD_HASH_QUEUE,
        settings.PASSWORD_HASH_QUEUE_PER_ADDRESS,
    )


class BoundedArgon2PasswordHasher(Argon2PasswordHasher):
    """Behind the gate wherever it is called from: the API, the admin, a command.

    :raises TooManyRequestsError: when too many are waiting.
    """

    time_cost = 2
    memory_cost = 19 * 1024  # KiB
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        return password_gate().run(super().encode, password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        return password_gate().run(super().verify, password, encoded)


def _step_back() -> None:
    # On Linux each thread has a priority; elsewhere this would slow down the whole process.
    if sys.platform == "linux":
        os.nice(NICENESS)
