"""The people of one process, as that process publishes them to the others."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID

# The most people in one event to the other processes: about a millisecond to read.
MAX_PEOPLE_PER_EVENT = 500
# MessagePack and JavaScript represent such a number exactly.
_DIGEST_BYTES = 6


class Entry(NamedTuple):
    """A named person in a topic: see :class:`realtime.people.Person`."""

    user_id: UUID
    name: str
    status: str
    order: int = 0
    doing: str | None = None


# By person key. None stands for a person who is counted but not named, such as a visitor.
People = dict[int, Entry | None]


@dataclass(slots=True)
class Changes:
    """What changed in the people of a process, by topic.

    They are applied in this order: ``counts`` replaces the people of a topic by their number, and 0
    ends that; ``removed`` holds person keys; ``put`` adds people or replaces their entries.
    """

    counts: dict[str, int] = field(default_factory=dict)
    removed: dict[str, list[int]] = field(default_factory=dict)
    put: dict[str, People] = field(default_factory=dict)

    def parts(self) -> Iterator["Changes"]:
        """Yields the same changes in parts of at most ``MAX_PEOPLE_PER_EVENT``, in order."""
        part, size = Changes(counts=dict(self.counts)), len(self.counts)
        for topic, person, entry in self._items():
            if size >= MAX_PEOPLE_PER_EVENT:
                yield part
                part, size = Changes(), 0
            if entry is _REMOVED:
                part.removed.setdefault(topic, []).append(person)
            else:
                part.put.setdefault(topic, {})[person] = entry
            size += 1
        if size:
            yield part

    def _items(self) -> Iterator[tuple[str, int, Entry | None]]:
        for topic, removed in self.removed.items():
            for person in removed:
                yield topic, person, _REMOVED
        for topic, people in self.put.items():
            for person, entry in people.items():
                yield topic, person, entry


_REMOVED = Entry(UUID(int=0), "", "")


class Touch(NamedTuple):
    """An effective change: of one person, or of the number of unnamed people (``person`` None).

    ``difference`` is how many more people there are because of it; 0 if only an entry changed.
    """

    topic: str
    person: int | None
    difference: int


class Replica:
    """The people of a process after its change number ``sequence``.

    ``digest`` is a hash of all of it, kept up to date with each change, so that two processes can
    compare what they know of a third.
    """

    def __init__(self) -> None:
        self.topics: dict[str, People] = {}
        self.counts: dict[str, int] = {}
        self.sequence = 0
        self.digest = 0

    def apply(self, changes: Changes) -> Iterator[Touch]:
        """Applies changes, and yields each that has an effect. Exhaust it."""
        for topic, count in changes.counts.items():
            yield Touch(topic, None, self._set_count(topic, count))
            for person in [*self.topics.get(topic, {})]:
                yield from self._remove(topic, person)
        for topic, removed in changes.removed.items():
            for person in removed:
                yield from self._remove(topic, person)
        for topic, people in changes.put.items():
            for person, entry in people.items():
                yield self._put(topic, person, entry)

    def _put(self, topic: str, person: int, entry: Entry | None) -> Touch:
        people = self.topics.setdefault(topic, {})
        is_new = person not in people
        if not is_new:
            self.digest ^= _hash(topic, person, people[person])
        people[person] = entry
        self.digest ^= _hash(topic, person, entry)
        return Touch(topic, person, int(is_new))

    def _remove(self, topic: str, person: int) -> Iterator[Touch]:
        people = self.topics.get(topic, {})
        if person in people:
            self.digest ^= _hash(topic, person, people.pop(person))
            if not people:
                del self.topics[topic]
            yield Touch(topic, person, -1)

    def _set_count(self, topic: str, count: int) -> int:
        """Sets the number of unnamed people in a topic; returns the difference."""
        before = self.counts.pop(topic, 0)
        if before:
            self.digest ^= _hash(topic, "count", before)
        if count:
            self.counts[topic] = count
            self.digest ^= _hash(topic, "count", count)
        return count - before

    def everything(self) -> Changes:
        """Returns the changes that lead from nothing to here."""
        return Changes(counts=self.counts, put=self.topics)

    def changes_to(self, target: Changes) -> Changes:
        """Returns the changes that lead from here to ``target``, which begins with nothing."""
        changes = Changes()
        for topic in self.counts.keys() | target.counts.keys():
            count = target.counts.get(topic, 0)
            if count != self.counts.get(topic, 0):
                changes.counts[topic] = count
        for topic, people in self.topics.items():
            left = target.put.get(topic, {})
            if removed := [person for person in people if person not in left]:
                changes.removed[topic] = removed
        for topic, people in target.put.items():
            known = self.topics.get(topic, {})
            put = {
                person: entry
                for person, entry in people.items()
                if person not in known or known[person] != entry
            }
            if put:
                changes.put[topic] = put
        return changes


def _hash(topic: str, what: int | str, value: Entry | int | None) -> int:
    text = f"{topic} {what} {value}"
    return int.from_bytes(blake2b(text.encode(), digest_size=_DIGEST_BYTES).digest())
