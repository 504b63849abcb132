"""Limits of a connection, and on open connections per address and process."""

import functools
import resource
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from django.conf import settings
from uvicorn.middleware.proxy_headers import _TrustedHosts

from apikit.clients import network_of
from apikit.errors import ServerUnavailableError, TooManyRequestsError

log = structlog.get_logger(__name__)

# Open files besides client connections: databases, Redis, static files, logs.
_RESERVED_FILES = 128
_MAX_OPEN_FILES = 1 << 20


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """Limits of one connection, from the settings."""

    header_bytes: int
    headers: int
    header_s: float
    body_s: float
    upload_s: float
    stall_s: float

    @classmethod
    def from_settings(cls) -> "HttpLimits":
        return cls(
            header_bytes=settings.REQUEST_MAX_HEADER_BYTES,
            headers=settings.REQUEST_MAX_HEADERS,
            header_s=settings.REQUEST_HEADER_SECONDS,
            body_s=settings.REQUEST_BODY_SECONDS,
            upload_s=settings.UPLOAD_SECONDS,
            stall_s=settings.RESPONSE_STALL_SECONDS,
        )


class ConnectionCounter:
    """Counts open connections per address.

    One address may have at most half of the process's connections. Addresses in ``exempt``
    (trusted proxies) only count towards the total.
    """

    def __init__(self, *, per_address: int, total: int, exempt: _TrustedHosts) -> None:
        self._total = max(total, 1)
        self._per_address = max(min(per_address, self._total // 2), 1)
        self._exempt = exempt
        self._open = 0
        self._counts: dict[str, int] = {}

    def admit(self, address: str | None) -> Callable[[], None]:
        """Counts a connection; call the returned function once when it ends.

        :raises ApiError: if the process or the address has too many connections.
        """
        if self._open >= self._total:
            raise ServerUnavailableError("The server has too many connections.")
        subject = self._subject_of(address)
        count = self._counts.get(subject, 0) if subject else 0
        if count >= self._per_address:
            raise TooManyRequestsError(
                "Too many connections from this address: close some, then try again.",
                retry_after_s=1,
            )
        self._open += 1
        if subject:
            self._counts[subject] = count + 1
        return functools.partial(self._release, subject)

    def _subject_of(self, address: str | None) -> str | None:
        """The key for counting the address; None if it is not limited, as with a UNIX socket."""
        return None if not address or address in self._exempt else network_of(address)

    def _release(self, subject: str | None) -> None:
        self._open -= 1
        if subject:
            self._counts[subject] -= 1
            if not self._counts[subject]:
                del self._counts[subject]


@functools.cache
def process_connections() -> ConnectionCounter:
    """Returns the counter of this process."""
    open_files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if open_files == resource.RLIM_INFINITY:
        open_files = _MAX_OPEN_FILES
    return ConnectionCounter(
        per_address=settings.HTTP_MAX_CONNECTIONS_PER_ADDRESS,
        total=open_files - _RESERVED_FILES,
        exempt=_TrustedHosts(settings.TRUSTED_PROXIES),
    )


def raise_file_limit() -> None:
    """Raises the limit of open files of this process and its children as far as possible.

    Each connection is an open file, and the usual soft limit is 1,024. Logs a warning if the limit
    stays too low for ``WS_MAX_SOCKETS``.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MAX_OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, _MAX_OPEN_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            soft = wanted
        except (ValueError, OSError) as error:  # macOS has a second limit below its hard one
            log.warning("cannot raise the limit of open files", limit=soft, error=str(error))
    needed = settings.WS_MAX_SOCKETS + _RESERVED_FILES
    if soft != resource.RLIM_INFINITY and soft < needed:
        log.warning(
            "the limit of open files is below WS_MAX_SOCKETS: raise it with `ulimit -Hn`, "
            "LimitNOFILE= in systemd, or ulimits in docker-compose.yml",
            limit=soft,
            needed=needed,
        )
