"""What the subscribers of this process have been shown, and the events that update it."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from realtime.connection import Connection
from realtime.frames import EncodedEvent
from realtime.presence.events import PRESENCE_SLOT, PersonPresent, PresenceState
from realtime.presence.local_hub import LocalHub
from realtime.presence.protocol import FLUSH_INTERVAL_S, MAX_NAMED_PEOPLE, NAMED_AGAIN_PEOPLE
from realtime.presence.registration import NAMED_PRESENCE, PRESENCE_EVENTS
from realtime.presence.replicas import Entry
from realtime.presence.rosters import Rosters
from realtime.topics import topic_prefix

# The interval between two counts, which may go to thousands of sockets.
COUNT_INTERVAL_S = 0.5

# Returns the entry of a person in a topic, over all processes.
FindEntry = Callable[[str, int], Entry | None]


@dataclass(slots=True)
class _View:
    """What the subscribers of a topic know. ``event`` is the whole state, once there is one."""

    count: int = 0
    is_named: bool | None = None
    people: dict[int, PersonPresent] = field(default_factory=dict)
    event: PresenceState | None = None


@dataclass(slots=True)
class _Difference:
    joined: list[PersonPresent] = field(default_factory=list)
    left: list[PersonPresent] = field(default_factory=list)
    changed: list[PersonPresent] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.joined or self.left or self.changed)


class Views:
    """The views of all topics with subscribers in this process."""

    def __init__(self, hub: LocalHub, rosters: Rosters, find_entry: FindEntry) -> None:
        self._hub = hub
        self._rosters = rosters
        self._find_entry = find_entry
        self._views: dict[str, _View] = {}
        self._order = 0
        # What may have changed: people by topic, and when changed counts are due.
        self._people: dict[str, set[int]] = {}
        self._counts: dict[str, float] = {}
        self._joiners: dict[str, set[Connection]] = {}

    def mark(self, topic: str, person: int | None) -> None:
        """Remembers that a person may have changed, or the number of unnamed people."""
        prefix = topic_prefix(topic)
        if prefix in NAMED_PRESENCE:
            people = self._people.setdefault(topic, set())
            if person is not None:
                people.add(person)
        elif prefix in PRESENCE_EVENTS and topic not in self._counts:
            self._counts[topic] = self._hub.now_s() + COUNT_INTERVAL_S - FLUSH_INTERVAL_S / 2

    def join(self, topic: str, connection: Connection) -> None:
        """Remembers that a socket has joined a topic whose people are named."""
        self._joiners.setdefault(topic, set()).add(connection)

    def leave(self, topic: str, connection: Connection) -> None:
        """Forgets what a socket knows of a topic."""
        connection.known_orders.pop((topic, PRESENCE_SLOT), None)
        joiners = self._joiners.get(topic)
        if joiners is not None:
            joiners.discard(connection)

    def show(self) -> bool:
        """Sends what has changed to the subscribers in this process; returns whether all was sent.

        Of a topic whose last event is still being written, changes are collected until it is, so
        that subscribers get changes rather than whole states.
        """
        now_s = self._hub.now_s()
        for topic, due_s in [*self._counts.items()]:
            if not self._has_subscribers(topic):
                del self._counts[topic]
            elif due_s <= now_s:
                del self._counts[topic]
                self._show_count(topic)
        for topic in [*(self._people.keys() | self._joiners.keys())]:
            if not self._is_being_written(topic):
                people = self._people.pop(topic, set())
                joiners = self._joiners.pop(topic, set())
                if self._has_subscribers(topic):
                    self._show_people(topic, people, joiners)
        return not (self._counts or self._people or self._joiners)

    def _has_subscribers(self, topic: str) -> bool:
        """Whether the topic has subscribers here; forgets a topic that has none."""
        known = self._hub.topics.get(topic)
        if known is not None and known.subscribers:
            return True
        self._views.pop(topic, None)
        return False

    def _is_being_written(self, topic: str) -> bool:
        known = self._hub.topics.get(topic)
        return known is not None and not known.fan_out.is_finished

    def _show_count(self, topic: str) -> None:
        """Sends the number of people, if it has changed."""
        view = self._views.setdefault(topic, _View())
        before, view.count = view.count, self._rosters.count(topic)
        if before != view.count:
            self._order += 1
            make_event = PRESENCE_EVENTS[topic_prefix(topic)]
            self._hub.deliver(topic, make_event(topic, before, view.count, self._order))

    def _show_people(
        self, topic: str, people: Iterable[int], joiners: Collection[Connection]
    ) -> None:
        """Sends what has changed of ``people``; to those who have joined, everything."""
        view = self._views.setdefault(topic, _View())
        event = self._update(view, topic, people)
        if event is not None:
            view.event = event
            # Also reaches the joiners, and as they know no state, they get the whole one.
            self._hub.deliver(topic, event)
        elif view.event is not None and joiners:
            encoded = EncodedEvent(view.event)
            for connection in joiners:
                if encoded.steps is not None and topic in connection.topics:
                    encoded.steps.push(topic, connection)

    def _update(self, view: _View, topic: str, people: Iterable[int]) -> PresenceState | None:
        """Updates the view; returns the event for it, None if nothing has changed."""
        count = self._rosters.count(topic)
        is_named = self._is_named(view, topic, count)
        difference: _Difference | None = None
        if is_named != view.is_named:
            view.is_named, view.people = is_named, {}
            if is_named:
                self._compare(view, topic, self._rosters.people(topic))
        else:
            difference = self._compare(view, topic, people) if is_named else _Difference()
            if not difference and count == view.count:
                return None
        view.count = count
        return self._make_event(view, topic, difference)

    def _is_named(self, view: _View, topic: str, count: int) -> bool:
        most = NAMED_AGAIN_PEOPLE if view.is_named is False else MAX_NAMED_PEOPLE
        return count <= most and not self._rosters.unnamed(topic)

    def _compare(self, view: _View, topic: str, people: Iterable[int]) -> _Difference:
        """Updates ``people`` in the view, and returns what has changed."""
        difference = _Difference()
        for person in people:
            entry = self._find_entry(topic, person)
            before = view.people.get(person)
            if entry is None:
                if before is not None:
                    difference.left.append(view.people.pop(person))
                continue
            now = PersonPresent(
                id=entry.user_id, name=entry.name, status=entry.status, doing=entry.doing
            )
            if before != now:
                view.people[person] = now
                (difference.joined if before is None else difference.changed).append(now)
        return difference

    def _make_event(self, view: _View, topic: str, difference: _Difference | None) -> PresenceState:
        """Returns the event, with the difference to the one before if there is any."""
        self._order += 1
        registered = NAMED_PRESENCE[topic_prefix(topic)]
        fields = registered.fields(topic)
        diff = None
        if difference is not None:
            diff = registered.diff(
                joined=difference.joined,
                left=[person.id for person in difference.left],
                changed=difference.changed,
                count=view.count,
                **fields,
            )
        return registered.state(
            people=[*view.people.values()] if view.is_named else None,
            count=view.count,
            sequence=self._order,
            diff_base=view.event.order if view.event else -1,
            diff=diff,
            **fields,
        )
