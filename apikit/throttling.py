"""Rate limits.

The general limit is counted per process: it stops runaway clients, and must not slow votes down,
whether Redis is up or not. Limits that protect passwords are counted in Redis if there is one, so
that more processes do not allow more guesses; while Redis is down, each process counts alone.
"""

import functools
import math
import threading
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, TypeVar

import structlog
from django.conf import settings
from django.http import HttpRequest
from limits import RateLimitItemPerSecond
from limits.errors import StorageError
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import FixedWindowRateLimiter
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from apikit.clients import network_of
from apikit.errors import TooManyRequestsError

if TYPE_CHECKING:
    # DRF's views import the throttle classes in turn.
    from rest_framework.views import APIView

log = structlog.get_logger(__name__)
Result = TypeVar("Result")


class FixedWindow:
    """Counts per subject, in windows that are the same for all subjects.

    ``limits.MemoryStorage`` would do the same with a timer thread that scans all subjects every
    10 ms, which measurably slows votes.
    """

    def __init__(self, maximum: int, window_s: int) -> None:
        self.maximum = maximum
        self.window_s = window_s
        self._window = 0
        self._counts: dict[str, int] = {}
        self._lock = threading.Lock()

    def admits(self, subject: str, now_s: float) -> bool:
        """Count one for ``subject``; return whether it is within the maximum."""
        window = int(now_s // self.window_s)
        with self._lock:
            if window != self._window:
                self._window, self._counts = window, {}
            count = self._counts[subject] = self._counts.get(subject, 0) + 1
        return count <= self.maximum

    def seconds_left(self, now_s: float) -> int:
        return math.ceil(self.window_s - now_s % self.window_s)


@functools.cache
def _request_window() -> FixedWindow:
    return FixedWindow(settings.RATE_LIMIT_MAX_REQUESTS, settings.RATE_LIMIT_WINDOW_SECONDS)


class RequestThrottle(BaseThrottle):
    """Applies the general limit per user, or per address for requests without a token."""

    def allow_request(self, request: Request, view: "APIView") -> bool:
        actor_id = request.user.id
        admit_request(str(actor_id) if actor_id else client_address(request))
        return True


def admit_request(subject: str) -> None:
    """Count a request of a user or address.

    :raises TooManyRequestsError: over the general limit.
    """
    if not settings.RATE_LIMIT_MAX_REQUESTS:
        return
    now_s = time.time()
    if not _request_window().admits(subject, now_s):
        raise TooManyRequestsError(retry_after_s=_request_window().seconds_left(now_s))


def client_address(request: Request | HttpRequest) -> str:
    """Return the client as limits count it; trusted proxies are already applied."""
    return network_of(request.META.get("REMOTE_ADDR"))


_client: ContextVar[str] = ContextVar("client", default="")


def remember_client(address: str | None) -> None:
    """Make ``present_client()`` return this client for the rest of the request."""
    _client.set(network_of(address))


def present_client() -> str:
    """Return the ``network_of`` the client of the current request; "" in commands."""
    return _client.get()


@functools.cache
def _local_limiter() -> FixedWindowRateLimiter:
    return FixedWindowRateLimiter(MemoryStorage())


@functools.cache
def _shared_limiter() -> FixedWindowRateLimiter:
    if settings.REDIS_URL is None:
        return _local_limiter()
    return FixedWindowRateLimiter(
        storage_from_string(
            settings.REDIS_URL,
            wrap_exceptions=True,
            key_prefix="tallyroom",
            socket_connect_timeout=1,
            socket_timeout=1,
        )
    )


class SharedLimit:
    """A limit that all processes share; a ``maximum`` of 0 disables it."""

    def __init__(self, name: str, maximum: int, window_s: int) -> None:
        self.maximum = maximum
        self._item = RateLimitItemPerSecond(max(maximum, 1), window_s, namespace=name)

    def count(self, subject: str) -> None:
        """Count one for ``subject``.

        :raises TooManyRequestsError: over the maximum, with the seconds until the window ends.
        """
        if self.maximum and not _with_limiter(lambda limiter: limiter.hit(self._item, subject)):
            resets_at_s = _with_limiter(
                lambda limiter: limiter.get_window_stats(self._item, subject).reset_time
            )
            raise TooManyRequestsError(retry_after_s=max(1, math.ceil(resets_at_s - time.time())))

    def forget(self, subject: str) -> None:
        """Reset the count of ``subject``."""
        if self.maximum:
            _with_limiter(lambda limiter: limiter.clear(self._item, subject))


def _with_limiter(ask: Callable[[FixedWindowRateLimiter], Result]) -> Result:
    try:
        return ask(_shared_limiter())
    except StorageError as error:
        log.warning("redis unavailable, counting in this process", error=str(error))
        return ask(_local_limiter())


def forget_counts() -> None:
    """Reset all counts, including shared ones; for tests."""
    if _shared_limiter.cache_info().currsize:
        _with_limiter(lambda limiter: limiter.storage.reset())
    _request_window.cache_clear()
    _local_limiter.cache_clear()
    _shared_limiter.cache_clear()
