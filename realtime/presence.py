"""Counts the people subscribed to a topic, over all processes.

A person with several sockets counts once. Each process sends its people (as hashes, see
:mod:`realtime.people`) to the others when they change, and every few seconds in case an event was
lost. Above ``MAX_NAMED_PEOPLE`` it sends only their number, and a person connected to two such
processes counts twice. Reports of a process that has been silent for a while are dropped.
"""

import asyncio
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from typing import ClassVar, Protocol, TypeVar

from apikit.registries import Registry
from realtime.connection import Connection
from realtime.events import Event, ProcessEvent, StateEvent, event
from realtime.topics import topic_prefix

# Collects a wave of arrivals into one event.
SETTLE_S = 0.5
HEARTBEAT_S = 10.0
FORGOTTEN_AFTER_S = 3 * HEARTBEAT_S
# 4 kB in MessagePack, at most twice a second.
MAX_NAMED_PEOPLE = 500

MakeCountEvent = Callable[[str, int, int, int], StateEvent]
AnyMakeCountEvent = TypeVar("AnyMakeCountEvent", bound=MakeCountEvent)

PRESENCE_EVENTS: Registry[str, MakeCountEvent] = Registry("presence event")


def presence_event(topic_prefix: str) -> Callable[[AnyMakeCountEvent], AnyMakeCountEvent]:
    """Registers the function that makes the event for a changed count of people.

    It is called as ``function(topic, before, now, order)``. Topics without one are not counted.
    """

    def register(function: AnyMakeCountEvent) -> AnyMakeCountEvent:
        PRESENCE_EVENTS.register(topic_prefix, function)
        return function

    return register


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceReport(ProcessEvent):
    """The people of one process that are subscribed to a topic.

    ``people`` is None if they are too many to name. A process that is new to the topic ``asks``
    the others for theirs.
    """

    name: ClassVar[str] = "presence-report"

    process_id: str
    count: int
    people: frozenset[int] | None
    asks: bool = False


@dataclass(frozen=True, slots=True)
class _Received:
    """A report of another process, and when it arrived."""

    report: PresenceReport
    at_s: float


class LocalHub(Protocol):
    """What presence needs of the hub."""

    @property
    def id(self) -> str: ...

    @property
    def loop(self) -> asyncio.AbstractEventLoop: ...

    @property
    def topics(self) -> Container[str]: ...

    @property
    def now_s(self) -> Callable[[], float]: ...

    def deliver(self, topic: str, event: Event) -> None: ...

    def send_to_others(self, topic: str, event: Event) -> None: ...


class Presence:
    """The people of all processes, as known in this one."""

    def __init__(self, hub: LocalHub) -> None:
        self._hub = hub
        # By topic and person: the number of sockets.
        self._here: dict[str, dict[int, int]] = {}
        self._elsewhere: dict[str, dict[str, _Received]] = {}
        # The count that subscribers have been sent, by topic.
        self._shown: dict[str, int] = {}
        self._settling: set[str] = set()
        self._order = 0

    def count(self, topic: str) -> int:
        """Returns how many people are subscribed to ``topic``, in all processes."""
        here = self._here.get(topic, {})
        named: set[int] = set()
        unnamed = 0
        for report in self._reports(topic):
            if report.people is None:
                unnamed += report.count
            else:
                named |= report.people
        return len(here) + unnamed + sum(person not in here for person in named)

    def add(self, topic: str, connection: Connection) -> None:
        """Counts a socket that subscribes to ``topic``."""
        if topic_prefix(topic) in PRESENCE_EVENTS:
            here = self._here.setdefault(topic, {})
            here[connection.person] = here.get(connection.person, 0) + 1
            self._schedule(topic)

    def remove(self, topic: str, connection: Connection) -> None:
        """Stops counting a socket that was subscribed to ``topic``."""
        here = self._here.get(topic)
        if here is None:
            return
        here[connection.person] -= 1
        if not here[connection.person]:
            del here[connection.person]
        if not here:
            del self._here[topic]
        self._schedule(topic)

    def receive(self, topic: str, report: PresenceReport) -> None:
        """Stores the report of another process."""
        if topic not in self._hub.topics:
            return
        received = self._elsewhere.setdefault(topic, {})
        if report.count:
            received[report.process_id] = _Received(report, self._hub.now_s())
        else:
            received.pop(report.process_id, None)
        if report.asks:
            self._send(topic)
        self._show(topic)

    def repeat(self) -> None:
        """Sends the reports again, and drops those of processes that have gone silent."""
        for topic in [*self._shown]:
            self._drop_silent(topic)
            if topic not in self._hub.topics:
                self._forget(topic)
            else:
                self._send(topic)
                self._show(topic)

    def _schedule(self, topic: str) -> None:
        """Sends the change soon, together with others."""
        if topic not in self._settling:
            self._settling.add(topic)
            self._hub.loop.call_later(SETTLE_S, self._send_and_show, topic)

    def _send_and_show(self, topic: str) -> None:
        self._settling.discard(topic)
        is_new = topic not in self._shown
        self._shown.setdefault(topic, 0)
        self._send(topic, asks=is_new)
        self._show(topic)
        if topic not in self._hub.topics:
            self._forget(topic)

    def _send(self, topic: str, *, asks: bool = False) -> None:
        here = self._here.get(topic, {})
        people = frozenset(here) if len(here) <= MAX_NAMED_PEOPLE else None
        report = PresenceReport(process_id=self._hub.id, count=len(here), people=people, asks=asks)
        self._hub.send_to_others(topic, report)

    def _show(self, topic: str) -> None:
        """Sends the count to the subscribers in this process, if it has changed."""
        before, now = self._shown.get(topic, 0), self.count(topic)
        if before != now:
            self._shown[topic] = now
            self._order += 1
            make_event = PRESENCE_EVENTS[topic_prefix(topic)]
            self._hub.deliver(topic, make_event(topic, before, now, self._order))

    def _forget(self, topic: str) -> None:
        self._shown.pop(topic, None)
        self._elsewhere.pop(topic, None)

    def _drop_silent(self, topic: str) -> None:
        received = self._elsewhere.get(topic, {})
        for process_id in [name for name, each in received.items() if self._is_silent(each)]:
            del received[process_id]

    def _is_silent(self, received: _Received) -> bool:
        return received.at_s < self._hub.now_s() - FORGOTTEN_AFTER_S

    def _reports(self, topic: str) -> Iterator[PresenceReport]:
        for each in self._elsewhere.get(topic, {}).values():
            if not self._is_silent(each):
                yield each.report
