"""Delivers the entries of stored logs in order: nothing missed, nothing twice.

A log is a topic whose entries are in the database, each with a ``position`` that rises by one per
entry (:class:`~realtime.events.SequencedEvent`). The channel layer may lose, repeat and reorder
events, so each process delivers only the entry after the last one. On a gap, it reads the missing
entries from the database, once for all its sockets. Once a second it compares the heads of all
subscribed logs, so its clients see no gap even while the layer is down.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from apikit.background import report_failure
from apikit.registries import Registry
from realtime.bridge import RETRY_AFTER_S
from realtime.connection import Connection
from realtime.database import in_database
from realtime.events import SequencedEvent
from realtime.fan_out import Topic
from realtime.log_cursor import LogCursor
from realtime.metrics import LOG_ENTRIES_READ
from realtime.topics import topic_prefix

# The most entries of one log per read.
MAX_ENTRIES = 500
# How long an entry waits for those before it, which may be on their way from another process,
# until they are read from the database.
REORDERING_S = 0.02
# Entries that wait for those before them. More are dropped, because they will be read.
MAX_WAITING = 500


@dataclass(frozen=True, slots=True)
class LogSlice:
    """Consecutive entries of a log, by position, up to ``head``.

    An entry that a later one in the log supersedes may be missing, such as an edit before another
    edit of the same message, so ``head`` may be above the last position. ``has_more`` if the log
    goes on after ``head``.
    """

    events: Sequence[SequencedEvent]
    head: int
    has_more: bool = False


ReadLogs = Callable[[Mapping[str, int]], Mapping[str, LogSlice]]
AnyReadLogs = TypeVar("AnyReadLogs", bound=ReadLogs)

# By topic prefix.
LOG_READERS: Registry[str, ReadLogs] = Registry("log reader")


def log_reader(topic_prefix: str) -> Callable[[AnyReadLogs], AnyReadLogs]:
    """Registers the function that reads the newer entries of logs from the database.

    It gets topics, each with the last position known here, and returns those that have newer
    entries, at most ``MAX_ENTRIES`` each. It runs in a thread, once a second, so it must cost one
    query while nothing is new.
    """

    def register(function: AnyReadLogs) -> AnyReadLogs:
        LOG_READERS.register(topic_prefix, function)
        return function

    return register


class LocalHub(Protocol):
    """What logs need of the hub."""

    @property
    def loop(self) -> asyncio.AbstractEventLoop: ...

    @property
    def topics(self) -> Mapping[str, Topic]: ...

    @property
    def logs(self) -> "Logs": ...

    def spawn(self, work: Coroutine[Any, Any, None]) -> None: ...

    def receiving(self, *topics: str) -> AbstractAsyncContextManager[None]: ...

    def join(self, connection: Connection, name: str, topics: tuple[str, ...]) -> None: ...

    def leave(self, connection: Connection, name: str) -> bool: ...


class _Log:
    """The entries of a topic, as delivered in this process.

    ``last`` is the last position delivered, None until the first join has read the log. ``waiting``
    holds entries after a gap, by position.
    """

    __slots__ = ("last", "waiting")

    def __init__(self) -> None:
        self.last: int | None = None
        self.waiting: dict[int, SequencedEvent] = {}

    @property
    def has_gap(self) -> bool:
        return self.last is not None and bool(self.waiting)

    def keep(self, event: SequencedEvent) -> None:
        if len(self.waiting) < MAX_WAITING:
            self.waiting[event.position] = event

    def advance(self, head: int) -> list[SequencedEvent]:
        """Moves to ``head``, and past the waiting entries that follow it; returns those."""
        due = []
        self.last = head
        while (event := self.waiting.pop(self.last + 1, None)) is not None:
            due.append(event)
            self.last += 1
        if self.waiting:
            self.waiting = {at: each for at, each in self.waiting.items() if at > self.last}
        return due


class Logs:
    """The logs with subscribers in this process. Lives on the hub's event loop."""

    def __init__(self, hub: LocalHub) -> None:
        self._hub = hub
        self._logs: dict[str, _Log] = {}
        # Topics with a gap, by prefix; a task reads them.
        self._gaps: dict[str, set[str]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    def receive(self, topic: str, event: SequencedEvent) -> None:
        """Delivers an entry of a known topic, now or once those before it are delivered."""
        log = self._logs.setdefault(topic, _Log())
        if log.last is None:
            log.keep(event)
        elif event.position == log.last + 1:
            self._deliver(topic, [event, *log.advance(event.position)])
        elif event.position > log.last:
            log.keep(event)
            self._request(topic)

    def start(self, topic: str, head: int) -> None:
        """Begins to deliver what follows ``head``, unless the log is being delivered already."""
        log = self._logs.setdefault(topic, _Log())
        if log.last is None:
            self._deliver(topic, log.advance(head))
            if log.has_gap:
                self._request(topic)

    def is_past(self, topic: str, head: int) -> bool:
        """Whether entries after ``head`` have been delivered here."""
        log = self._logs.get(topic)
        return log is not None and log.last is not None and log.last > head

    def forget(self, topic: str) -> None:
        """Drops a topic without subscribers."""
        self._logs.pop(topic, None)

    async def read_heads(self) -> None:
        """Reads what is new in all logs with subscribers."""
        for prefix in LOG_READERS:
            await self._read(prefix, self._subscribed(prefix))

    def _subscribed(self, prefix: str) -> list[str]:
        topics = self._hub.topics
        return [
            topic
            for topic in self._logs
            if topic_prefix(topic) == prefix and topics[topic].subscribers
        ]

    def _request(self, topic: str) -> None:
        """Has the gap of a topic filled; all topics of a prefix share a task."""
        prefix = topic_prefix(topic)
        if prefix in self._gaps:
            self._gaps[prefix].add(topic)
        else:
            self._gaps[prefix] = {topic}
            self._hub.spawn(self._fill(prefix))

    async def _fill(self, prefix: str) -> None:
        while self._gaps[prefix]:
            await asyncio.sleep(REORDERING_S)
            topics, self._gaps[prefix] = self._gaps[prefix], set()
            try:
                await self._read(prefix, [each for each in topics if self._has_gap(each)])
            except Exception as error:  # noqa: BLE001 - outermost
                # Left to read_heads, or to the next entry that finds the gap.
                report_failure("read_logs", error, "put off")
                await asyncio.sleep(RETRY_AFTER_S)
        del self._gaps[prefix]

    def _has_gap(self, topic: str) -> bool:
        log = self._logs.get(topic)
        return log is not None and log.has_gap

    async def _read(self, prefix: str, topics: Collection[str]) -> None:
        """Reads until nothing is new; one read at a time per prefix."""
        async with self._locks.setdefault(prefix, asyncio.Lock()):
            while known := self._known(topics):
                slices = await in_database(LOG_READERS[prefix], known)
                for topic, newer in slices.items():
                    self._apply(topic, newer)
                topics = [topic for topic, newer in slices.items() if newer.has_more]

    def _known(self, topics: Collection[str]) -> dict[str, int]:
        logs = ((topic, self._logs.get(topic)) for topic in topics)
        return {topic: log.last for topic, log in logs if log and log.last is not None}

    def _apply(self, topic: str, newer: LogSlice) -> None:
        """Delivers what was read, unless it has arrived meanwhile."""
        log = self._logs.get(topic)
        if log is None or log.last is None or newer.head <= log.last:
            return
        last = log.last
        missing = [each for each in newer.events if each.position > last]
        LOG_ENTRIES_READ.inc(len(missing))
        self._deliver(topic, [*missing, *log.advance(newer.head)])
        if log.has_gap:
            self._request(topic)

    def _deliver(self, topic: str, events: Collection[SequencedEvent]) -> None:
        known = self._hub.topics.get(topic)
        if known is not None and known.subscribers:
            for event in events:
                known.fan_out.add(event)


class Snapshot(Protocol):
    """What a join reads: the log up to ``head``, in any form."""

    @property
    def head(self) -> int: ...


AnySnapshot = TypeVar("AnySnapshot", bound=Snapshot)


async def join_log(
    hub: LocalHub, connection: Connection, topic: str, read: Callable[[], Awaitable[AnySnapshot]]
) -> AnySnapshot:
    """Subscribes a socket to a log; returns what ``read`` has read.

    The caller replies with it at once. Entries after its ``head`` are written after the reply, each
    exactly once. ``read`` checks access, and is called again if entries were delivered meanwhile
    that it may not have seen.

    :raises ApiError: what ``read`` raises; the socket is not subscribed then.
    :raises TooManyTopicsError: see ``Hub.join``.
    """
    async with hub.receiving(topic):
        snapshot = await read()
        hub.join(connection, topic, (topic,))
        # Entries are held from now on.
        cursor = connection.cursors[topic] = LogCursor()
        if hub.logs.is_past(topic, snapshot.head):
            try:
                snapshot = await read()
            except BaseException:
                hub.leave(connection, topic)
                raise
        hub.logs.start(topic, snapshot.head)
        hub.loop.call_soon(_release, connection, topic, cursor, snapshot.head)
        return snapshot


def _release(connection: Connection, topic: str, cursor: LogCursor, head: int) -> None:
    # Unless the socket has left, or joined again.
    if connection.cursors.get(topic) is cursor:
        for frame in cursor.release(head):
            connection.push(frame)
