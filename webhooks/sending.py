"""Sends one request to a receiver, bounded in time and bytes."""

import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from urllib.parse import urlsplit

import httpcore
from django.conf import settings

from webhooks.connecting import AddressRefusedError, Deadline, GuardedBackend
from webhooks.models import RESPONSE_MAX_CHARS, Failure

# Of the response's body; UTF-8 has up to four for each character.
READ_MAX_BYTES = 4 * RESPONSE_MAX_CHARS
# A receiver cannot postpone further requests by more.
MAX_RETRY_AFTER_S = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of a request: ``failure`` is None for a status of 2xx."""

    failure: Failure | None
    status: int | None = None
    body: str = ""
    duration_ms: int = 0
    retry_after_s: int = 0


def send(
    url: str, headers: Mapping[str, str], body: bytes, *, should_stop: Callable[[], bool]
) -> Answer:
    """Send a POST request; it takes at most ``WEBHOOK_TIMEOUT_SECONDS``.

    :raises StoppedSendingError: if ``should_stop`` becomes true meanwhile.
    """
    started_s = time.monotonic()
    deadline = Deadline(settings.WEBHOOK_TIMEOUT_SECONDS, should_stop)
    try:
        answer = _exchange(url, headers, body, deadline)
    except AddressRefusedError:
        answer = Answer(failure=Failure.ADDRESS)
    except httpcore.TimeoutException:
        answer = Answer(failure=Failure.TIMEOUT)
    except httpcore.ProtocolError:
        answer = Answer(failure=Failure.RESPONSE)
    except httpcore.NetworkError as error:
        answer = Answer(failure=_failure_of(error))
    duration_ms = round(1000 * (time.monotonic() - started_s))
    return Answer(
        failure=answer.failure,
        status=answer.status,
        body=answer.body,
        duration_ms=duration_ms,
        retry_after_s=answer.retry_after_s,
    )


def _exchange(url: str, headers: Mapping[str, str], body: bytes, deadline: Deadline) -> Answer:
    backend = GuardedBackend(deadline)
    # httpcore's own header lacks the brackets of IPv6 addresses.
    all_headers = [("Host", urlsplit(url).netloc), *headers.items()]
    ssl_context = _ssl_context() if url.startswith("https:") else None
    with (
        httpcore.ConnectionPool(ssl_context, network_backend=backend, max_connections=1) as pool,
        pool.stream("POST", _target(url), headers=all_headers, content=body) as response,
    ):
        is_ok = 200 <= response.status < 300
        return Answer(
            failure=None if is_ok else Failure.STATUS,
            status=response.status,
            body=_read_beginning(response),
            retry_after_s=_retry_after_s(_header(response, b"retry-after")),
        )


def _target(url: str) -> httpcore.URL:
    # httpcore's own parser is another one than that which checked the URL.
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query else ""
    return httpcore.URL(
        scheme=parts.scheme.encode(),
        host=(parts.hostname or "").encode(),
        port=parts.port,
        target=f"{parts.path}{query}".encode(),
    )


def _header(response: httpcore.Response, name: bytes) -> bytes:
    return next((value for key, value in response.headers if key.lower() == name), b"")


def _read_beginning(response: httpcore.Response) -> str:
    """Return the beginning of the body; the status counts, even if the rest does not come."""
    beginning = b""
    try:
        for chunk in response.iter_stream():
            beginning += chunk[:READ_MAX_BYTES]
            if len(beginning) >= READ_MAX_BYTES:
                break
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError):
        pass
    text = beginning.decode(errors="replace").replace("\0", "")
    return text[:RESPONSE_MAX_CHARS]


def _retry_after_s(header: bytes) -> int:
    """Return the seconds in ``Retry-After``, or until its time; 0 if there is none."""
    text = header.decode("latin-1").strip()
    if text.isdecimal() and len(text) < 10:
        return min(int(text), MAX_RETRY_AFTER_S)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return 0
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    left_s = int((moment - datetime.now(UTC)).total_seconds())
    return max(0, min(left_s, MAX_RETRY_AFTER_S))


def _failure_of(error: Exception) -> Failure:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return Failure.CERTIFICATE
        cause = cause.__cause__ or cause.__context__
    return Failure.CONNECTION


@cache
def _ssl_context() -> ssl.SSLContext:
    """The certificates that the system trusts, or ``SSL_CERT_FILE``; reading them takes 20 ms."""
    return ssl.create_default_context()
