"""Connections to receivers: only to allowed addresses, and only until a deadline.

httpcore opens connections by a network backend. This one resolves the name, checks the addresses,
and connects to the checked address itself, so that no second lookup can return another one. TLS
and the header ``Host`` keep the name. httpcore neither follows redirects nor uses proxies.
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any

import httpcore

from webhooks.addresses import is_allowed_address

CONNECT_TIMEOUT_S = 5.0
# How soon a stopped job is noticed.
SLICE_S = 0.5
# Of a receiver with several addresses.
MAX_ADDRESSES = 3


class AddressRefusedError(Exception):
    """The name cannot be resolved, or leads to no allowed address.

    One error for both, so that nobody learns which names exist in the network of this site.
    """


class StoppedSendingError(Exception):
    """The job must end."""


class Deadline:
    """Bounds the whole of a request, however slowly its parts arrive."""

    def __init__(self, timeout_s: float, should_stop: Callable[[], bool]) -> None:
        self._end_s = time.monotonic() + timeout_s
        self._should_stop = should_stop

    def left_s(self) -> float:
        """Return the seconds left.

        :raises httpcore.ReadTimeout: if there are none.
        :raises StoppedSendingError: if the job must end.
        """
        if self._should_stop():
            raise StoppedSendingError
        left_s = self._end_s - time.monotonic()
        if left_s <= 0:
            raise httpcore.ReadTimeout
        return left_s

    def slice_s(self) -> float:
        return min(self.left_s(), SLICE_S)


class GuardedBackend(httpcore.NetworkBackend):
    """Opens connections to allowed addresses."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        failure: Exception | None = None
        for address in resolve(host, port, self._deadline)[:MAX_ADDRESSES]:
            timeout_s = min(CONNECT_TIMEOUT_S, self._deadline.left_s())
            try:
                stream = self._inner.connect_tcp(address, port, timeout=timeout_s)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Stream(stream, self._deadline)
        raise failure or AddressRefusedError


class _Stream(httpcore.NetworkStream):
    """A stream that ends at the deadline."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        while True:
            with suppress(httpcore.ReadTimeout):
                return self._inner.read(max_bytes, timeout=self._deadline.slice_s())
            # Raises when time is up.
            self._deadline.left_s()

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, timeout=self._deadline.left_s())

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        timeout_s = min(CONNECT_TIMEOUT_S, self._deadline.left_s())
        inner = self._inner.start_tls(ssl_context, server_hostname, timeout=timeout_s)
        return _Stream(inner, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def resolve(host: str, port: int, deadline: Deadline) -> list[str]:
    """Return the allowed addresses of a host.

    :raises AddressRefusedError: if there are none.
    """
    answers: SimpleQueue[list[str]] = SimpleQueue()

    def look_up() -> None:
        found: list[str] = []
        # A name that is too long or has empty parts is a UnicodeError.
        with suppress(OSError, UnicodeError):
            infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found = list(dict.fromkeys(str(info[4][0]) for info in infos))
        answers.put(found)

    # In a thread, because getaddrinfo() has no timeout.
    threading.Thread(target=look_up, name="webhook name", daemon=True).start()
    try:
        found = answers.get(timeout=min(CONNECT_TIMEOUT_S, deadline.left_s()))
    except Empty:
        raise AddressRefusedError from None
    allowed = [address for address in found if is_allowed_address(address)]
    if not allowed:
        raise AddressRefusedError
    return allowed
