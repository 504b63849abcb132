"""Several processes with presence, without sockets, threads or real time.

Time advances only by :meth:`Machine.advance`, and events between processes can be lost.
"""

import heapq
import itertools
import json
from collections import defaultdict
from collections.abc import Callable, Collection, Coroutine, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, ClassVar, cast
from uuid import UUID

import pytest

from apikit.actors import Actor, visitor
from apikit.ids import new_id
from apikit.registries import Hook
from realtime.bridge import _read_event, layer_message
from realtime.connection import Connection
from realtime.events import MAIN_PROTOCOL, Event, StateEvent
from realtime.frames import Frame
from realtime.people import Person, person_key
from realtime.presence import Presence, PresenceDiff, PresenceState
from realtime.presence.local_hub import LocalHub
from realtime.presence.protocol import BEAT_INTERVAL_S
from realtime.presence.registration import NAMED_PRESENCE, PRESENCE_EVENTS, NamedPresence
from realtime.topics import SITE_TOPIC

COUNTED_TOPIC = "hall.1"
NAMED_TOPIC = "table.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience(StateEvent):
    """The event of a counted topic."""

    name: ClassVar[str] = "audience"
    count: int
    sequence: int = 0

    @property
    def order(self) -> int:
        return self.sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class TableState(PresenceState):
    name: ClassVar[str] = "presence-state"
    table: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TableDiff(PresenceDiff):
    name: ClassVar[str] = "presence-diff"
    table: str


class Client:
    """A socket and the client behind it, which applies the presence events it is sent.

    While ``is_slow``, states wait and are replaced by newer ones, as in a connection.
    """

    def __init__(self, process: "Process", actor: Actor) -> None:
        self.process = process
        self.actor = actor
        self.person = person_key(actor)
        self.protocol = MAIN_PROTOCOL
        self.topics: set[str] = set()
        self.known_orders: dict[tuple[str, str], int] = {}
        self.is_slow = False
        self.waiting: dict[tuple[str, str], Frame] = {}
        self.frames: list[dict[str, Any]] = []
        # By topic.
        self.views: dict[str, View] = defaultdict(View)

    @property
    def people(self) -> dict[str, Any]:
        """The people the client shows in the topic of most tests."""
        people = self.views[NAMED_TOPIC].people
        assert people is not None
        return people

    @property
    def count(self) -> int | None:
        return self.views[NAMED_TOPIC].count

    def has_waiting_state(self, topic: str, slot: str) -> bool:
        return (topic, slot) in self.waiting

    def push_state(self, topic: str, slot: str, frame: Frame) -> None:
        if self.is_slow:
            self.waiting[topic, slot] = frame
        else:
            self._apply(json.loads(frame.text))

    def read(self) -> None:
        """Reads what waits, and is not slow any longer."""
        self.is_slow = False
        waiting, self.waiting = self.waiting, {}
        for frame in waiting.values():
            self._apply(json.loads(frame.text))

    def types(self) -> list[str]:
        return [frame["type"] for frame in self.frames]

    def names(self, topic: str = NAMED_TOPIC) -> list[str] | None:
        """The names the client shows, in alphabetical order."""
        people = self.views[topic].people
        return None if people is None else sorted(each["name"] for each in people.values())

    def _apply(self, frame: dict[str, Any]) -> None:
        self.frames.append(frame)
        if "table" in frame:
            self.views[frame["table"]].apply(frame)


@dataclass
class View:
    """What a client shows of a topic."""

    people: dict[str, Any] | None = None
    count: int | None = None

    def apply(self, frame: dict[str, Any]) -> None:
        self.count = frame["count"]
        if frame["type"] == "presence-state":
            listed = frame["people"]
            self.people = None if listed is None else {each["id"]: each for each in listed}
            return
        for each in frame["joined"] + frame["changed"]:
            assert self.people is not None
            assert (each["id"] in self.people) == (each in frame["changed"])
            self.people[each["id"]] = each
        for user_id in frame["left"]:
            assert self.people is not None
            del self.people[user_id]


class Process:
    """What presence needs of a hub, and its periodic tasks."""

    def __init__(self, machine: "Machine") -> None:
        self.machine = machine
        self.id = str(new_id())
        self.loop = SimpleNamespace(call_later=machine.call_later)
        self.bridge = SimpleNamespace(is_up=True)
        self.topics: dict[str, Any] = {}
        self.clients: list[Client] = []
        self.delivered: list[Event] = []
        self.is_alive = True
        self.presence = Presence(cast(LocalHub, self))
        self.presence.start()
        self._beat()
        self._check()

    def now_s(self) -> float:
        return self.machine.time_s

    def deliver(self, topic: str, event: Event) -> None:
        self.delivered.append(event)

    def send_to_others(self, topic: str, event: Event) -> None:
        assert topic == SITE_TOPIC
        self.machine.send(self, event)

    def connections_of(self, user_id: UUID) -> Collection[Client]:
        return [each for each in self.clients if each.actor.id == user_id]

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Runs a coroutine that waits only for its turn, to its end."""
        try:
            while True:
                work.send(None)
        except StopIteration:
            pass

    # Sockets

    def attach(self, user_id: UUID | None = None) -> Client:
        client = Client(self, Actor(user_id) if user_id else visitor())
        self.clients.append(client)
        self.join(client, SITE_TOPIC)
        return client

    def join(self, client: Client, topic: str) -> None:
        if topic not in client.topics:
            client.topics.add(topic)
            known = self.topics.setdefault(topic, SimpleNamespace(subscribers=set()))
            known.subscribers.add(client)
            self.presence.add(topic, cast(Connection, client))

    def leave(self, client: Client, topic: str) -> None:
        if topic in client.topics:
            client.topics.discard(topic)
            known = self.topics[topic]
            known.subscribers.discard(client)
            self.presence.remove(topic, cast(Connection, client))
            if not known.subscribers:
                del self.topics[topic]

    def detach(self, client: Client) -> None:
        for topic in sorted(client.topics):
            self.leave(client, topic)
        self.clients.remove(client)

    def describe(self, client: Client, topic: str, doing: str | None) -> None:
        self.presence.describe(cast(Connection, client), topic, doing)

    # Periodic tasks

    def _beat(self) -> None:
        if self.is_alive:
            self.presence.send_alive()
            self.loop.call_later(BEAT_INTERVAL_S, self._beat)

    def _check(self) -> None:
        if self.is_alive:
            self.presence.forget_dead()
            self.loop.call_later(1.0, self._check)


@dataclass
class Machine:
    """Processes, the clock, and the events between the processes.

    ``users`` is the table of users. ``is_lost`` decides which events are lost.
    """

    time_s: float = 1000.0
    processes: list[Process] = field(default_factory=list)
    users: dict[UUID, Person] = field(default_factory=dict)
    related: dict[UUID, set[UUID]] = field(default_factory=dict)
    reads: list[list[UUID]] = field(default_factory=list)
    sent: list[Event] = field(default_factory=list)
    is_lost: Callable[[Event], bool] = lambda _event: False
    _timers: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def start(self) -> Process:
        """Starts one more process."""
        process = Process(self)
        self.processes.append(process)
        return process

    def kill(self, process: Process) -> None:
        """Ends a process as SIGKILL does."""
        process.is_alive = False
        self.processes.remove(process)

    def add_user(self, name: str, **fields: Any) -> UUID:
        user_id = new_id()
        self.users[user_id] = Person(user_id, name, fields.pop("status", "online"), **fields)
        return user_id

    def change_user(self, user_id: UUID, **fields: Any) -> None:
        known = self.users[user_id]
        self.users[user_id] = known._replace(order=known.order + 1, **fields)

    def call_later(self, delay_s: float, call: Callable[..., None], *args: Any) -> None:
        timer = (self.time_s + delay_s, next(self._numbers), lambda: call(*args))
        heapq.heappush(self._timers, timer)

    def advance(self, duration_s: float) -> None:
        """Runs the timers of the next ``duration_s``."""
        until_s = self.time_s + duration_s
        while self._timers and self._timers[0][0] <= until_s:
            self.time_s, _, call = heapq.heappop(self._timers)
            call()
        # A timer may have advanced the time further.
        self.time_s = max(self.time_s, until_s)

    def send(self, sender: Process, event: Event) -> None:
        """Delivers an event, as JSON, to all other processes a moment later."""
        if not sender.is_alive:
            return
        self.sent.append(event)
        message = json.dumps(layer_message(SITE_TOPIC, event, sender.id))
        for process in self.processes:
            if process is not sender and not self.is_lost(event):
                self.call_later(0.001, self._receive, process, message)

    def _receive(self, process: Process, message: str) -> None:
        event = _read_event(json.loads(message))
        assert event is not None
        if process.is_alive:
            process.presence.receive(event)

    def read_people(self, user_ids: Collection[UUID]) -> Mapping[UUID, Person]:
        self.reads.append([*user_ids])
        return {each: self.users[each] for each in user_ids if each in self.users}

    def read_related(self, user_ids: Collection[UUID]) -> Mapping[UUID, Collection[UUID]]:
        return {each: self.related.get(each, set()) for each in user_ids}


async def _at_once(function: Callable[..., Any], *args: Any) -> Any:
    return function(*args)


async def _sleep(_duration_s: float) -> None: ...


def _make_count_event(_topic: str, _before: int, now: int, order: int) -> Audience:
    return Audience(count=now, sequence=order)


def make_machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine without processes, on which people are named and told who is online."""
    machine = Machine()
    related: Hook[[Collection[UUID]], Mapping[UUID, Collection[UUID]]] = Hook()
    related.register(machine.read_related)
    monkeypatch.setattr("realtime.people.related_people", related)
    monkeypatch.setattr("realtime.presence.presence.read_people", machine.read_people)
    monkeypatch.setattr("realtime.presence.presence.in_database", _at_once)
    monkeypatch.setattr("realtime.presence.online.in_database", _at_once)
    monkeypatch.setattr("realtime.presence.views.sleep", _sleep)
    monkeypatch.setitem(PRESENCE_EVENTS, "hall", _make_count_event)
    named = NamedPresence(TableState, TableDiff, lambda topic: {"table": topic})
    monkeypatch.setitem(NAMED_PRESENCE, "table", named)
    return machine
