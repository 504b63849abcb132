"""The people that the subscribers of this process have been shown, and writing what has changed."""

from asyncio import sleep
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from apikit.background import report_failure
from realtime.connection import Connection
from realtime.metrics import FRAMES
from realtime.presence.batches import Batches
from realtime.presence.events import PRESENCE_SLOT, PersonPresent, PresenceState
from realtime.presence.local_hub import LocalHub
from realtime.presence.protocol import MAX_NAMED_PEOPLE, NAMED_AGAIN_PEOPLE
from realtime.presence.registration import NAMED_PRESENCE
from realtime.presence.replicas import Entry
from realtime.presence.rosters import Rosters
from realtime.presence.steps import Step
from realtime.topics import topic_prefix

# Less than a millisecond of writing.
SOCKETS_AT_ONCE = 50
# Pause this times the write time, so that other work gets its turn.
PAUSE_FACTOR = 2

# Returns the entry of a person in a topic, over all processes.
FindEntry = Callable[[str, int], Entry | None]


@dataclass(slots=True)
class _View:
    """What the subscribers of a topic know. ``step`` is the last one, once there is one."""

    count: int = 0
    is_named: bool | None = None
    people: dict[int, PersonPresent] = field(default_factory=dict)
    step: Step | None = None


@dataclass(slots=True)
class _Difference:
    joined: list[PersonPresent] = field(default_factory=list)
    left: list[PersonPresent] = field(default_factory=list)
    changed: list[PersonPresent] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.joined or self.left or self.changed)


class Views:
    """The views of all topics with subscribers in this process whose people are named.

    One topic is written after another, and its changes are collected meanwhile. So subscribers get
    changes rather than whole states, and many topics do not delay other work.
    """

    def __init__(self, hub: LocalHub, rosters: Rosters, find_entry: FindEntry) -> None:
        self._hub = hub
        self._rosters = rosters
        self._find_entry = find_entry
        self._views: dict[str, _View] = {}
        # By topic: people who may have changed, and sockets that know nothing yet.
        self._people: dict[str, set[int]] = {}
        self._joiners: dict[str, set[Connection]] = {}
        self._topics: Batches[str] = Batches(hub, "presence", self._show_topics)
        self._order = 0
        self._pushed = 0

    def mark(self, topic: str, person: int | None) -> None:
        """Remembers that a person may have changed, or the number of unnamed people."""
        if topic_prefix(topic) in NAMED_PRESENCE:
            people = self._people.setdefault(topic, set())
            if person is not None:
                people.add(person)

    def join(self, topic: str, connection: Connection) -> None:
        """Remembers that a socket has joined a topic whose people are named."""
        self._joiners.setdefault(topic, set()).add(connection)

    def leave(self, topic: str, connection: Connection) -> None:
        """Forgets what a socket knows of a topic."""
        connection.known_orders.pop((topic, PRESENCE_SLOT), None)
        joiners = self._joiners.get(topic)
        if joiners is not None:
            joiners.discard(connection)

    def show(self) -> None:
        """Starts to send what has changed to the subscribers in this process."""
        self._topics.add([*self._people, *self._joiners])

    def stop(self) -> None:
        """Shows nothing any more."""
        self._topics.stop()

    async def _show_topics(self, topics: list[str]) -> None:
        for topic in topics:
            people = self._people.pop(topic, set())
            joiners = self._joiners.pop(topic, set())
            try:
                await self._show(topic, people, joiners)
            except Exception as error:  # noqa: BLE001 - outermost
                report_failure("presence", error, "people not shown", topic=topic)
                # So that the next change shows everything.
                self._views.pop(topic, None)

    async def _show(self, topic: str, people: set[int], joiners: set[Connection]) -> None:
        """Sends what has changed of ``people``; to sockets that know nothing yet, everything."""
        known = self._hub.topics.get(topic)
        if known is None or not known.subscribers:
            self._views.pop(topic, None)
            return
        view = self._views.setdefault(topic, _View())
        has_changed = self._update(view, topic, people)
        if view.step is not None:
            await self._write(topic, view.step, known.subscribers if has_changed else joiners)

    async def _write(self, topic: str, step: Step, connections: Iterable[Connection]) -> None:
        began_at_s = self._hub.now_s()
        for connection in [*connections]:
            if topic not in connection.topics:
                continue  # gone in the meantime
            step.push(topic, connection)
            self._pushed += 1
            if self._pushed % SOCKETS_AT_ONCE == 0:
                FRAMES.inc(SOCKETS_AT_ONCE)
                await sleep(PAUSE_FACTOR * (self._hub.now_s() - began_at_s))
                began_at_s = self._hub.now_s()

    def _update(self, view: _View, topic: str, people: Iterable[int]) -> bool:
        """Updates the view, and its step if anything has changed; returns whether it has."""
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
                return False
        view.count = count
        view.step = self._make_step(view, topic, difference)
        return True

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
            now = NAMED_PRESENCE[topic_prefix(topic)].view_person(entry)
            if before != now:
                view.people[person] = now
                (difference.joined if before is None else difference.changed).append(now)
        return difference

    def _make_step(self, view: _View, topic: str, difference: _Difference | None) -> Step:
        """Returns the new state, and the change that leads to it from the one before, if any."""
        self._order += 1
        registered = NAMED_PRESENCE[topic_prefix(topic)]
        fields = registered.fields(topic)
        state: PresenceState = registered.state(
            people=[*view.people.values()] if view.is_named else None,
            count=view.count,
            sequence=self._order,
            **fields,
        )
        if difference is None or view.step is None:
            return Step(state, base=None, change=None)
        diff = registered.diff(
            joined=difference.joined,
            left=[person.id for person in difference.left],
            changed=difference.changed,
            count=view.count,
            **fields,
        )
        return Step(state, base=view.step.order, change=diff)
