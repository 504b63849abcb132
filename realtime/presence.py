"""How many people, in all processes, follow a topic.

A person with several sockets counts once. Each process sends the others the people it knows of
(as hashes, see :mod:`realtime.people`) when they change, and every few seconds in case that got
lost. Above ``MAX_NAMES`` it sends their number only, and a person who is connected to two such
processes counts twice. The report of a process that has been silent for a while is dropped.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from realtime.events import ProcessEvent, event
from realtime.handlers import WATCHED, periodic, reaction, topic_prefix

if TYPE_CHECKING:
    from realtime.connection import Connection
    from realtime.hub import Hub

# A wave of arrivals is one piece of news, not thousands.
SETTLE_S = 0.5
HEARTBEAT_S = 10.0
FORGOTTEN_AFTER_S = 3 * HEARTBEAT_S
# 4 kB in MessagePack, sent twice a second at most.
MAX_NAMES = 500


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceReport(ProcessEvent):
    """The people of one process who follow a topic; a newcomer ``asks`` the others for theirs.

    ``people`` is None where they are too many to name.
    """

    name: ClassVar[str] = "watcher-report"

    process_id: str
    count: int
    people: frozenset[int] | None
    asks: bool = False


@dataclass(frozen=True, slots=True)
class _Heard:
    """A report of another process, and when it came."""

    report: PresenceReport
    at_s: float


class Presence:
    """The people of all processes, as known in this one."""

    def __init__(self, hub: "Hub") -> None:
        self._hub = hub
        # By topic and person: how many sockets.
        self._here: dict[str, dict[int, int]] = {}
        self._elsewhere: dict[str, dict[str, _Heard]] = {}
        self._told: dict[str, int] = {}
        self._settling: set[str] = set()
        self._order = 0

    def count(self, topic: str) -> int:
        """How many people follow ``topic``, here and elsewhere."""
        here = self._here.get(topic, {})
        named: set[int] = set()
        unnamed = 0
        for report in self._reports(topic):
            if report.people is None:
                unnamed += report.count
            else:
                named |= report.people
        return len(here) + unnamed + sum(person not in here for person in named)

    def add(self, topic: str, connection: "Connection") -> None:
        """Counts a socket that follows ``topic`` from now on."""
        if topic_prefix(topic) in WATCHED:
            here = self._here.setdefault(topic, {})
            here[connection.person] = here.get(connection.person, 0) + 1
            self._changed(topic)

    def remove(self, topic: str, connection: "Connection") -> None:
        """Stops counting a socket that followed ``topic``."""
        here = self._here.get(topic)
        if here is None:
            return
        here[connection.person] -= 1
        if not here[connection.person]:
            del here[connection.person]
        if not here:
            del self._here[topic]
        self._changed(topic)

    def heard(self, topic: str, report: PresenceReport) -> None:
        """Takes note of another process's people."""
        if topic not in self._hub.topics:
            return
        heard = self._elsewhere.setdefault(topic, {})
        if report.count:
            heard[report.process_id] = _Heard(report, self._hub.now_s())
        else:
            heard.pop(report.process_id, None)
        if report.asks:
            self._send(topic)
        self._tell_sockets(topic)

    def repeat(self) -> None:
        """Tells the other processes once more, and drops those that have gone silent."""
        for topic in [*self._told]:
            self._drop_silent(topic)
            if topic not in self._hub.topics:
                self._forget(topic)
            else:
                self._send(topic)
                self._tell_sockets(topic)

    def _changed(self, topic: str) -> None:
        """Tells everybody soon that others follow it now."""
        if topic not in self._settling:
            self._settling.add(topic)
            self._hub.loop.call_later(SETTLE_S, self._tell, topic)

    def _tell(self, topic: str) -> None:
        self._settling.discard(topic)
        is_new = topic not in self._told
        self._told.setdefault(topic, 0)
        self._send(topic, asks=is_new)
        self._tell_sockets(topic)
        if topic not in self._hub.topics:
            self._forget(topic)

    def _send(self, topic: str, *, asks: bool = False) -> None:
        here = self._here.get(topic, {})
        people = frozenset(here) if len(here) <= MAX_NAMES else None
        report = PresenceReport(process_id=self._hub.id, count=len(here), people=people, asks=asks)
        self._hub.bridge.send(topic, report)

    def _tell_sockets(self, topic: str) -> None:
        before, now = self._told.get(topic, 0), self.count(topic)
        if before != now:
            self._told[topic] = now
            self._order += 1
            make_event = WATCHED[topic_prefix(topic)]
            self._hub.deliver(topic, make_event(topic, before, now, self._order))

    def _forget(self, topic: str) -> None:
        self._told.pop(topic, None)
        self._elsewhere.pop(topic, None)

    def _drop_silent(self, topic: str) -> None:
        heard = self._elsewhere.get(topic, {})
        for process_id in [name for name, each in heard.items() if self._is_silent(each)]:
            del heard[process_id]

    def _is_silent(self, heard: _Heard) -> bool:
        return heard.at_s < self._hub.now_s() - FORGOTTEN_AFTER_S

    def _reports(self, topic: str) -> Iterator[PresenceReport]:
        for each in self._elsewhere.get(topic, {}).values():
            if not self._is_silent(each):
                yield each.report


@reaction(PresenceReport)
def take_note_of_watchers(hub: "Hub", topic: str, news: PresenceReport) -> None:
    hub.presence.heard(topic, news)


@periodic(HEARTBEAT_S)
async def repeat_watcher_reports(hub: "Hub") -> None:
    hub.presence.repeat()
