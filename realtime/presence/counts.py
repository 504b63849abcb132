"""The number of people that the subscribers of this process have been sent."""

from realtime.presence.local_hub import LocalHub
from realtime.presence.protocol import FLUSH_INTERVAL_S
from realtime.presence.registration import PRESENCE_EVENTS
from realtime.presence.rosters import Rosters
from realtime.topics import topic_prefix

# The interval between two counts, which may go to thousands of sockets.
COUNT_INTERVAL_S = 0.5


class Counts:
    """The counts of all topics with subscribers in this process whose people are not named."""

    def __init__(self, hub: LocalHub, rosters: Rosters) -> None:
        self._hub = hub
        self._rosters = rosters
        self._shown: dict[str, int] = {}
        # When the counts that may have changed are due.
        self._due_at_s: dict[str, float] = {}
        self._order = 0

    def mark(self, topic: str) -> None:
        """Remembers that the number of people may have changed."""
        if topic_prefix(topic) in PRESENCE_EVENTS and topic not in self._due_at_s:
            self._due_at_s[topic] = self._hub.now_s() + COUNT_INTERVAL_S - FLUSH_INTERVAL_S / 2

    def show(self) -> bool:
        """Sends the counts that are due; returns whether none is left."""
        now_s = self._hub.now_s()
        for topic in [topic for topic, due_at_s in self._due_at_s.items() if due_at_s <= now_s]:
            del self._due_at_s[topic]
            self._show(topic)
        return not self._due_at_s

    def _show(self, topic: str) -> None:
        """Sends the number of people, if it has changed."""
        known = self._hub.topics.get(topic)
        if known is None or not known.subscribers:
            self._shown.pop(topic, None)
            return
        before, now = self._shown.get(topic, 0), self._rosters.count(topic)
        if before != now:
            self._shown[topic] = now
            self._order += 1
            make_event = PRESENCE_EVENTS[topic_prefix(topic)]
            self._hub.deliver(topic, make_event(topic, before, now, self._order))
