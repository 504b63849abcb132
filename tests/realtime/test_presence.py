"""Counting an audience in people, in one process and across several."""

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
from realtime.handlers import WATCHED
from realtime.hub import Hub
from realtime.people import person_key
from realtime.presence import FORGOTTEN_AFTER_S, Presence, PresenceReport

TOPIC = "hall.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience(StateEvent):
    name: ClassVar[str] = "audience"
    count: int
    order: int = 0


@dataclass
class StandIn:
    """As much of a hub as counting needs; ``settle`` ends the wait for others who come."""

    topics: dict[str, Any] = field(default_factory=dict)
    sent: list[PresenceReport] = field(default_factory=list)
    shown: list[int] = field(default_factory=list)
    id: str = "here"
    time_s: float = 0.0
    waiting: list[Callable[[], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.bridge = SimpleNamespace(send=lambda _topic, report: self.sent.append(report))
        self.loop = SimpleNamespace(
            call_later=lambda _s, tell, topic: self.waiting.append(lambda: tell(topic))
        )

    def now_s(self) -> float:
        return self.time_s

    def deliver(self, _topic: str, event: Audience) -> None:
        self.shown.append(event.count)

    def settle(self) -> None:
        waiting, self.waiting = self.waiting, []
        for tell in waiting:
            tell()


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> StandIn:
    def make_event(_topic: str, _before: int, now: int, order: int) -> Audience:
        return Audience(count=now, order=order)

    monkeypatch.setitem(WATCHED, "hall", make_event)
    return StandIn(topics={TOPIC: object()})


@pytest.fixture
def counting(hub: StandIn) -> Presence:
    return Presence(cast(Hub, hub))


def socket(person: int) -> Connection:
    return cast(Connection, SimpleNamespace(person=person))


def report(process: str, *people: int, count: int = 0, asks: bool = False) -> PresenceReport:
    """Of another process: of these people, or of ``count`` whom it does not name."""
    named = None if count else frozenset(people)
    return PresenceReport(process_id=process, count=count or len(people), people=named, asks=asks)


def test_a_person_with_several_sockets_counts_once(counting: Presence) -> None:
    for person in (1, 1, 1, 2):
        counting.add(TOPIC, socket(person))
    assert counting.count(TOPIC) == 2


def test_a_person_counts_until_the_last_socket_is_gone(counting: Presence) -> None:
    for _ in range(2):
        counting.add(TOPIC, socket(1))
    counting.remove(TOPIC, socket(1))
    assert counting.count(TOPIC) == 1
    counting.remove(TOPIC, socket(1))
    assert counting.count(TOPIC) == 0


def test_a_person_in_several_processes_counts_once(counting: Presence) -> None:
    for person in (1, 2):
        counting.add(TOPIC, socket(person))
    counting.heard(TOPIC, report("b", 2, 3))
    counting.heard(TOPIC, report("c", 3, 4))
    assert counting.count(TOPIC) == 4


def test_people_of_a_process_that_names_nobody_are_added(counting: Presence) -> None:
    counting.add(TOPIC, socket(1))
    counting.heard(TOPIC, report("b", 1, 2))
    counting.heard(TOPIC, report("c", count=1000))
    assert counting.count(TOPIC) == 1002


def test_a_newer_report_replaces_an_older_one(counting: Presence) -> None:
    for news in (report("b", 1, 2), report("b", 3)):
        counting.heard(TOPIC, news)
    assert counting.count(TOPIC) == 1
    counting.heard(TOPIC, report("b"))
    assert counting.count(TOPIC) == 0


def test_others_are_sent_names_up_to_a_bound(
    counting: Presence, hub: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "MAX_NAMES", 2)
    for person in (1, 2, 2):
        counting.add(TOPIC, socket(person))
    hub.settle()
    counting.add(TOPIC, socket(3))
    hub.settle()
    assert [(each.count, each.people) for each in hub.sent] == [(2, {1, 2}), (3, None)]


def test_a_wave_of_arrivals_is_told_once(counting: Presence, hub: StandIn) -> None:
    for person in range(100):
        counting.add(TOPIC, socket(person))
    assert len(hub.waiting) == 1
    hub.settle()
    assert (hub.shown, len(hub.sent)) == ([100], 1)


def test_another_socket_of_a_person_is_not_shown(counting: Presence, hub: StandIn) -> None:
    for _ in range(2):
        counting.add(TOPIC, socket(1))
        hub.settle()
    assert hub.shown == [1]


def test_the_first_report_asks_for_those_of_others_and_later_ones_do_not(
    counting: Presence, hub: StandIn
) -> None:
    for person in (1, 2):
        counting.add(TOPIC, socket(person))
        hub.settle()
    assert [each.asks for each in hub.sent] == [True, False]


def test_a_newcomer_that_asks_is_answered_at_once(counting: Presence, hub: StandIn) -> None:
    counting.add(TOPIC, socket(1))
    hub.settle()
    hub.sent.clear()
    counting.heard(TOPIC, report("b", 2))
    assert hub.sent == []
    counting.heard(TOPIC, report("c", 3, asks=True))
    assert [(each.process_id, each.people) for each in hub.sent] == [("here", frozenset({1}))]


def test_a_process_that_has_gone_silent_is_dropped(counting: Presence, hub: StandIn) -> None:
    counting.add(TOPIC, socket(1))
    hub.settle()
    for process in ("silent", "alive"):
        counting.heard(TOPIC, report(process, 2 if process == "silent" else 3))
    hub.time_s = FORGOTTEN_AFTER_S
    counting.heard(TOPIC, report("alive", 3))
    hub.time_s += 1.0
    hub.shown.clear()
    counting.repeat()
    assert (counting.count(TOPIC), hub.shown) == (2, [2])
    # Not only left out: let go, though the topic lives.
    assert set(counting._elsewhere[TOPIC]) == {"alive"}


def test_nothing_is_kept_of_a_topic_nobody_here_follows(counting: Presence, hub: StandIn) -> None:
    counting.add(TOPIC, socket(1))
    hub.settle()
    counting.heard(TOPIC, report("b", 2))
    counting.remove(TOPIC, socket(1))
    hub.topics.clear()
    hub.settle()
    counting.heard(TOPIC, report("b", 2))
    assert (counting._here, counting._elsewhere, counting._told) == ({}, {}, {})


def test_topics_without_an_audience_are_not_counted(counting: Presence, hub: StandIn) -> None:
    counting.add("site", socket(1))
    counting.remove("site", socket(1))
    assert (counting.count("site"), hub.waiting) == (0, [])


# Who is one person


def test_a_user_is_one_person_in_every_browser() -> None:
    actor = Actor(id=new_id())
    assert person_key(actor, "a") == person_key(actor, "b")
    assert person_key(actor) != person_key(Actor(id=new_id()))


def test_a_visitor_is_one_person_per_browser() -> None:
    assert person_key(visitor(), "a") == person_key(visitor(), "a")
    assert person_key(visitor(), "a") != person_key(visitor(), "b")


def test_visitors_without_a_cookie_count_one_by_one() -> None:
    assert person_key(visitor()) != person_key(visitor())
