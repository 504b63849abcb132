"""Publishes the people of this process to the others."""

from realtime.presence.local_hub import LocalHub
from realtime.presence.local_people import LocalPeople
from realtime.presence.protocol import (
    MAX_NAMED_PEOPLE,
    NAMED_AGAIN_PEOPLE,
    RESEND_INTERVAL_S,
    AllPeople,
    PeopleChanged,
    ProcessAlive,
)
from realtime.presence.replicas import Changes, Replica
from realtime.topics import SITE_TOPIC


class Publisher:
    """Collects changes, and sends them as one event.

    ``published`` is what the others know if they have missed nothing.
    """

    def __init__(self, hub: LocalHub, local: LocalPeople) -> None:
        self.published = Replica()
        self._hub = hub
        self._local = local
        self._pending: dict[str, set[int]] = {}
        self._sent_all_at_s: float | None = None
        self._will_send_all = False

    def touch(self, topic: str, person: int) -> None:
        """Remembers that a person of this process may have changed."""
        self._pending.setdefault(topic, set()).add(person)

    def send_changes(self) -> None:
        """Sends what has changed, if anything."""
        pending, self._pending = self._pending, {}
        changes = Changes()
        for topic, people in pending.items():
            self._collect(changes, topic, people)
        for part in changes.parts():
            for _ in self.published.apply(part):
                pass
            self.published.sequence += 1
            changed = PeopleChanged(
                process_id=self._hub.id, sequence=self.published.sequence, changes=part
            )
            self._hub.send_to_others(SITE_TOPIC, changed)

    def send_alive(self) -> None:
        """Sends what lets the others check whether they know everything."""
        known = self.published
        alive = ProcessAlive(process_id=self._hub.id, sequence=known.sequence, digest=known.digest)
        self._hub.send_to_others(SITE_TOPIC, alive)

    def send_all_soon(self) -> None:
        """Sends all people; requests that come together, or soon after, share one answer."""
        if self._will_send_all:
            return
        now_s = self._hub.now_s()
        wait_s = 0.0
        if self._sent_all_at_s is not None:
            wait_s = max(0.0, self._sent_all_at_s + RESEND_INTERVAL_S - now_s)
        self._will_send_all = True
        self._hub.loop.call_later(wait_s, self._send_all)

    def _send_all(self) -> None:
        self._will_send_all = False
        self._sent_all_at_s = self._hub.now_s()
        known = self.published
        parts = [*known.everything().parts()] or [Changes()]
        for part, people in enumerate(parts):
            event = AllPeople(
                process_id=self._hub.id,
                sequence=known.sequence,
                digest=known.digest,
                part=part,
                parts=len(parts),
                people=people,
            )
            self._hub.send_to_others(SITE_TOPIC, event)

    def _collect(self, changes: Changes, topic: str, people: set[int]) -> None:
        """Adds what has changed in a topic."""
        known, count = self.published, len(self._local.people(topic))
        was_counted = topic in known.counts
        most = NAMED_AGAIN_PEOPLE if was_counted else MAX_NAMED_PEOPLE
        if count > most and topic != SITE_TOPIC:
            if known.counts.get(topic) != count:
                changes.counts[topic] = count
            return
        if was_counted:
            changes.counts[topic] = 0
            people = {*self._local.people(topic)}
        published = known.topics.get(topic, {})
        for person in people:
            if not self._local.has(topic, person):
                if person in published:
                    changes.removed.setdefault(topic, []).append(person)
                continue
            entry = self._local.entry(topic, person)
            if person not in published or published[person] != entry:
                changes.put.setdefault(topic, {})[person] = entry
