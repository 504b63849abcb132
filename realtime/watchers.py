"""How many sockets, in all processes, follow a topic.

Each process tells the others its own number when it changes, and every few seconds in case that
got lost; the number of a process nobody has heard of for a while is dropped.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from realtime.events import ProcessEvent, event
from realtime.registry import WATCHED, periodic, reaction, topic_prefix

if TYPE_CHECKING:
    from realtime.hub import Hub

# A wave of arrivals is one piece of news, not thousands.
SETTLE_S = 0.5
HEARTBEAT_S = 10.0
FORGOTTEN_AFTER_S = 3 * HEARTBEAT_S


@event
@dataclass(frozen=True, slots=True, kw_only=True)
class WatcherCount(ProcessEvent):
    """How many sockets of one process follow a topic; a newcomer ``asks`` the others for theirs."""

    name: ClassVar[str] = "watcher-count"

    process_id: str
    count: int
    asks: bool = False


class Watchers:
    """The counts of all processes, as known in this one."""

    def __init__(self, hub: "Hub") -> None:
        self._hub = hub
        self._elsewhere: dict[str, dict[str, tuple[int, float]]] = {}
        self._told: dict[str, int] = {}
        self._settling: set[str] = set()
        self._order = 0

    def count(self, topic: str) -> int:
        """How many follow ``topic``, here and elsewhere."""
        return self._here(topic) + sum(count for count, _ in self._counts_elsewhere(topic))

    def changed(self, topic: str) -> None:
        """Tells everybody soon that the number here is another one."""
        if topic_prefix(topic) in WATCHED and topic not in self._settling:
            self._settling.add(topic)
            self._hub.loop.call_later(SETTLE_S, self._tell, topic)

    def heard(self, topic: str, news: WatcherCount) -> None:
        """Takes note of another process's number."""
        if topic not in self._hub.topics:
            return
        counts = self._elsewhere.setdefault(topic, {})
        if news.count:
            counts[news.process_id] = news.count, self._hub.now_s()
        else:
            counts.pop(news.process_id, None)
        if news.asks:
            self._send(topic)
        self._tell_sockets(topic)

    def repeat(self) -> None:
        """Tells the other processes once more, and forgets those that have gone silent."""
        for topic in [*self._told]:
            if topic not in self._hub.topics:
                self._forget(topic)
            else:
                self._send(topic)
                self._tell_sockets(topic)

    def _tell(self, topic: str) -> None:
        self._settling.discard(topic)
        is_new = topic not in self._told
        self._told.setdefault(topic, 0)
        self._send(topic, asks=is_new)
        self._tell_sockets(topic)
        if topic not in self._hub.topics:
            self._forget(topic)

    def _send(self, topic: str, *, asks: bool = False) -> None:
        news = WatcherCount(process_id=self._hub.id, count=self._here(topic), asks=asks)
        self._hub.link.send(topic, news)

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

    def _here(self, topic: str) -> int:
        known = self._hub.topics.get(topic)
        return len(known.subscribers) if known else 0

    def _counts_elsewhere(self, topic: str) -> Iterator[tuple[int, float]]:
        oldest_s = self._hub.now_s() - FORGOTTEN_AFTER_S
        for count, heard_at_s in self._elsewhere.get(topic, {}).values():
            if heard_at_s >= oldest_s:
                yield count, heard_at_s


@reaction(WatcherCount)
def take_note_of_watchers(hub: "Hub", topic: str, news: WatcherCount) -> None:
    hub.watchers.heard(topic, news)


@periodic(HEARTBEAT_S)
async def repeat_watcher_counts(hub: "Hub") -> None:
    hub.watchers.repeat()
