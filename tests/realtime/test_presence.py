"""Presence: people subscribed to a topic, in one process and across several."""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, ClassVar, cast

import pytest

from apikit.actors import Actor, visitor
from apikit.ids import new_id
from realtime import presence
from realtime.connection import Connection
from realtime.events import StateEvent
from realtime.people import person_key
from realtime.presence import (
    FORGOTTEN_AFTER_S,
    PRESENCE_EVENTS,
    LocalHub,
    Presence,
    PresenceReport,
)

TOPIC = "hall.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience(StateEvent):
    name: ClassVar[str] = "audience"
    count: int
    order: int = 0


@dataclass
class StandIn:
    """The parts of a hub that presence uses; ``settle`` runs the scheduled calls."""

    topics: dict[str, Any] = field(default_factory=dict)
    sent: list[PresenceReport] = field(default_factory=list)
    shown: list[int] = field(default_factory=list)
    id: str = "here"
    time_s: float = 0.0
    waiting: list[Callable[[], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.loop = SimpleNamespace(
            call_later=lambda _s, call, topic: self.waiting.append(lambda: call(topic))
        )

    def now_s(self) -> float:
        return self.time_s

    def deliver(self, _topic: str, event: Audience) -> None:
        self.shown.append(event.count)

    def send_to_others(self, _topic: str, report: PresenceReport) -> None:
        self.sent.append(report)

    def settle(self) -> None:
        waiting, self.waiting = self.waiting, []
        for call in waiting:
            call()


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> StandIn:
    def make_event(_topic: str, _before: int, now: int, order: int) -> Audience:
        return Audience(count=now, order=order)

    monkeypatch.setitem(PRESENCE_EVENTS, "hall", make_event)
    return StandIn(topics={TOPIC: object()})


@pytest.fixture
def counter(hub: StandIn) -> Presence:
    return Presence(cast(LocalHub, hub))


def socket(person: int) -> Connection:
    return cast(Connection, SimpleNamespace(person=person))


def report(process: str, *people: int, count: int = 0, asks: bool = False) -> PresenceReport:
    """A report of another process: of these people, or of ``count`` unnamed ones."""
    named = None if count else frozenset(people)
    return PresenceReport(process_id=process, count=count or len(people), people=named, asks=asks)


def test_a_person_with_several_sockets_counts_once(counter: Presence) -> None:
    for person in (1, 1, 1, 2):
        counter.add(TOPIC, socket(person))
    assert counter.count(TOPIC) == 2


def test_a_person_counts_until_the_last_socket_is_gone(counter: Presence) -> None:
    for _ in range(2):
        counter.add(TOPIC, socket(1))
    counter.remove(TOPIC, socket(1))
    assert counter.count(TOPIC) == 1
    counter.remove(TOPIC, socket(1))
    assert counter.count(TOPIC) == 0


def test_a_person_in_several_processes_counts_once(counter: Presence) -> None:
    for person in (1, 2):
        counter.add(TOPIC, socket(person))
    counter.receive(TOPIC, report("b", 2, 3))
    counter.receive(TOPIC, report("c", 3, 4))
    assert counter.count(TOPIC) == 4


def test_unnamed_people_of_a_process_are_added(counter: Presence) -> None:
    counter.add(TOPIC, socket(1))
    counter.receive(TOPIC, report("b", 1, 2))
    counter.receive(TOPIC, report("c", count=1000))
    assert counter.count(TOPIC) == 1002


def test_a_newer_report_replaces_an_older_one(counter: Presence) -> None:
    for each in (report("b", 1, 2), report("b", 3)):
        counter.receive(TOPIC, each)
    assert counter.count(TOPIC) == 1
    counter.receive(TOPIC, report("b"))
    assert counter.count(TOPIC) == 0


def test_other_processes_are_sent_people_by_name_up_to_a_bound(
    counter: Presence, hub: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "MAX_NAMED_PEOPLE", 2)
    for person in (1, 2, 2):
        counter.add(TOPIC, socket(person))
    hub.settle()
    counter.add(TOPIC, socket(3))
    hub.settle()
    assert [(each.count, each.people) for each in hub.sent] == [(2, {1, 2}), (3, None)]


def test_a_wave_of_arrivals_sends_one_event(counter: Presence, hub: StandIn) -> None:
    for person in range(100):
        counter.add(TOPIC, socket(person))
    assert len(hub.waiting) == 1
    hub.settle()
    assert (hub.shown, len(hub.sent)) == ([100], 1)


def test_another_socket_of_a_person_sends_no_event(counter: Presence, hub: StandIn) -> None:
    for _ in range(2):
        counter.add(TOPIC, socket(1))
        hub.settle()
    assert hub.shown == [1]


def test_only_the_first_report_asks_for_those_of_other_processes(
    counter: Presence, hub: StandIn
) -> None:
    for person in (1, 2):
        counter.add(TOPIC, socket(person))
        hub.settle()
    assert [each.asks for each in hub.sent] == [True, False]


def test_a_report_that_asks_is_answered_at_once(counter: Presence, hub: StandIn) -> None:
    counter.add(TOPIC, socket(1))
    hub.settle()
    hub.sent.clear()
    counter.receive(TOPIC, report("b", 2))
    assert hub.sent == []
    counter.receive(TOPIC, report("c", 3, asks=True))
    assert [(each.process_id, each.people) for each in hub.sent] == [("here", frozenset({1}))]


def test_a_process_that_has_gone_silent_is_dropped(counter: Presence, hub: StandIn) -> None:
    counter.add(TOPIC, socket(1))
    hub.settle()
    for process in ("silent", "alive"):
        counter.receive(TOPIC, report(process, 2 if process == "silent" else 3))
    hub.time_s = FORGOTTEN_AFTER_S
    counter.receive(TOPIC, report("alive", 3))
    hub.time_s += 1.0
    hub.shown.clear()
    counter.repeat()
    assert (counter.count(TOPIC), hub.shown) == (2, [2])
    # Its report is deleted, not only left out of the count.
    assert set(counter._elsewhere[TOPIC]) == {"alive"}


def test_nothing_is_kept_of_a_topic_without_subscribers(counter: Presence, hub: StandIn) -> None:
    counter.add(TOPIC, socket(1))
    hub.settle()
    counter.receive(TOPIC, report("b", 2))
    counter.remove(TOPIC, socket(1))
    hub.topics.clear()
    hub.settle()
    counter.receive(TOPIC, report("b", 2))
    assert (counter._here, counter._elsewhere, counter._shown) == ({}, {}, {})


def test_topics_without_a_presence_event_are_not_counted(counter: Presence, hub: StandIn) -> None:
    counter.add("site", socket(1))
    counter.remove("site", socket(1))
    assert (counter.count("site"), hub.waiting) == (0, [])


# person_key


def test_a_user_is_one_person_in_every_browser() -> None:
    actor = Actor(id=new_id())
    assert person_key(actor, "a") == person_key(actor, "b")
    assert person_key(actor) != person_key(Actor(id=new_id()))


def test_a_visitor_is_one_person_per_browser() -> None:
    assert person_key(visitor(), "a") == person_key(visitor(), "a")
    assert person_key(visitor(), "a") != person_key(visitor(), "b")


def test_visitors_without_a_cookie_count_per_socket() -> None:
    assert person_key(visitor()) != person_key(visitor())
