"""Presence: people subscribed to a topic, counted, in one process and across several."""

from types import SimpleNamespace

import pytest

from apikit.actors import Actor, visitor
from apikit.ids import new_id
from realtime.people import person_key
from realtime.presence import publisher, replicas
from realtime.presence.protocol import (
    AllPeople,
    PeopleChanged,
    PeopleWanted,
    ProcessAlive,
    ProcessGone,
)
from tests.realtime.processes import COUNTED_TOPIC, Audience, Machine, Process, make_machine

TOPIC = COUNTED_TOPIC
# Enough for a change to be sent, received and shown, and less than a beat.
MOMENT_S = 1.2


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return make_machine(monkeypatch)


@pytest.fixture
def processes(machine: Machine) -> tuple[Process, Process, Process]:
    return machine.start(), machine.start(), machine.start()


def shown(process: Process) -> list[int]:
    """The counts that subscribers have been sent."""
    return [event.count for event in process.delivered if isinstance(event, Audience)]


def counts(machine: Machine) -> list[int]:
    return [process.presence.count(TOPIC) for process in machine.processes]


def sent(machine: Machine, kind: type) -> list[object]:
    return [event for event in machine.sent if type(event) is kind]


# In one process


def test_a_person_with_several_sockets_counts_once(machine: Machine) -> None:
    process, user = machine.start(), new_id()
    for user_id in (user, user, None, new_id()):
        process.join(process.attach(user_id), TOPIC)
    assert process.presence.count(TOPIC) == 3


def test_a_person_counts_until_the_last_socket_is_gone(machine: Machine) -> None:
    process, user = machine.start(), new_id()
    first, second = process.attach(user), process.attach(user)
    for socket in (first, second):
        process.join(socket, TOPIC)
    process.leave(first, TOPIC)
    assert process.presence.count(TOPIC) == 1
    process.leave(second, TOPIC)
    assert process.presence.count(TOPIC) == 0


def test_a_wave_of_arrivals_sends_one_event(machine: Machine) -> None:
    process = machine.start()
    for _ in range(100):
        process.join(process.attach(), TOPIC)
    machine.advance(MOMENT_S)
    assert (shown(process), len(sent(machine, PeopleChanged))) == ([100], 1)


def test_counts_are_sent_at_most_twice_a_second(machine: Machine) -> None:
    process = machine.start()
    for _ in range(40):
        process.join(process.attach(), TOPIC)
        machine.advance(0.05)
    machine.advance(MOMENT_S)
    assert shown(process)[-1] == 40
    assert len(shown(process)) in {4, 5}


def test_another_socket_of_a_person_sends_no_event(machine: Machine) -> None:
    process, user = machine.start(), new_id()
    for _ in range(2):
        process.join(process.attach(user), TOPIC)
        machine.advance(MOMENT_S)
    assert shown(process) == [1]


def test_topics_without_a_presence_event_are_not_counted(machine: Machine) -> None:
    process = machine.start()
    socket = process.attach()
    process.join(socket, "lobby.1")
    machine.advance(MOMENT_S)
    assert process.presence.count("lobby.1") == 0
    process.leave(socket, "lobby.1")
    assert sent(machine, PeopleChanged) == []


def test_nothing_is_kept_of_a_topic_that_everybody_has_left(
    machine: Machine, processes: tuple[Process, Process, Process]
) -> None:
    here, there, _ = processes
    sockets = [(process, process.attach()) for process in (here, here, there)]
    for process, socket in sockets:
        process.join(socket, TOPIC)
    machine.advance(MOMENT_S)
    for process, socket in sockets:
        process.leave(socket, TOPIC)
    machine.advance(MOMENT_S)
    for process in processes:
        presence = process.presence
        assert (presence._rosters._topics, presence._views._views) == ({}, {})
        assert (presence._local._topics, presence._publisher.published.topics) == ({}, {})
        for other in presence._processes._known.values():
            assert (other.replica.topics, other.replica.digest) == ({}, 0)


# Over several processes


def test_a_person_in_several_processes_counts_once(
    machine: Machine, processes: tuple[Process, Process, Process]
) -> None:
    user = new_id()
    for process, user_id in zip(
        (*processes, processes[0]), (user, user, new_id(), None), strict=True
    ):
        process.join(process.attach(user_id), TOPIC)
    machine.advance(MOMENT_S)
    assert counts(machine) == [3, 3, 3]
    assert [shown(process)[-1] for process in processes] == [3, 3, 3]


def test_a_new_process_learns_the_people_of_the_others(machine: Machine) -> None:
    old = machine.start()
    for _ in range(3):
        old.join(old.attach(), TOPIC)
    machine.advance(MOMENT_S)
    # It asks by itself: no beat is due.
    new = machine.start()
    machine.advance(0.01)
    assert new.presence.count(TOPIC) == 3


def test_requests_that_come_together_are_answered_once(machine: Machine) -> None:
    old = machine.start()
    old.join(old.attach(), TOPIC)
    machine.advance(MOMENT_S)
    machine.sent.clear()
    for _ in range(5):
        machine.start()
    machine.advance(0.5)
    assert len(sent(machine, PeopleWanted)) == 5
    assert [event.process_id for event in sent(machine, AllPeople)].count(old.id) == 1  # type: ignore[attr-defined]


def test_a_process_asks_at_once_for_a_change_it_has_missed(
    machine: Machine, processes: tuple[Process, Process, Process]
) -> None:
    here, *_ = processes
    machine.is_lost = lambda event: isinstance(event, PeopleChanged)
    here.join(here.attach(), TOPIC)
    machine.advance(0.3)
    machine.is_lost = lambda event: isinstance(event, ProcessAlive)
    here.join(here.attach(), TOPIC)
    machine.advance(MOMENT_S)
    assert counts(machine) == [2, 2, 2]


def test_a_process_asks_at_most_once_per_second(
    machine: Machine, processes: tuple[Process, Process, Process]
) -> None:
    here, *_ = processes
    machine.is_lost = lambda event: isinstance(event, PeopleChanged | AllPeople)
    here.join(here.attach(), TOPIC)
    machine.advance(MOMENT_S)
    machine.is_lost = lambda event: isinstance(event, AllPeople)
    machine.sent.clear()
    for _ in range(20):
        here.join(here.attach(), TOPIC)
        machine.advance(0.1)
    # Of two processes, in two seconds.
    assert 4 <= len(sent(machine, PeopleWanted)) <= 6


def test_a_beat_shows_that_a_change_was_missed(
    machine: Machine, processes: tuple[Process, Process, Process]
) -> None:
    here, *_ = processes
    machine.is_lost = lambda event: isinstance(event, PeopleChanged)
    here.join(here.attach(), TOPIC)
    machine.advance(4.0)
    assert counts(machine) == [1, 1, 1]


def test_a_beat_shows_that_a_copy_differs(
    machine: Machine, processes: tuple[Process, Process, Process]
) -> None:
    here, there, _ = processes
    here.join(here.attach(), TOPIC)
    machine.advance(MOMENT_S)
    copy = there.presence._processes._known[here.id].replica
    for touch in copy.apply(replicas.Changes(removed={TOPIC: [*copy.topics[TOPIC]]})):
        there.presence._receive_touch(touch)
    assert counts(machine) == [1, 0, 1]
    machine.advance(4.0)
    assert counts(machine) == [1, 1, 1]


def test_a_repeated_or_older_event_changes_nothing(
    machine: Machine, processes: tuple[Process, Process, Process]
) -> None:
    here, there, _ = processes
    socket = here.attach()
    here.join(socket, TOPIC)
    machine.advance(MOMENT_S)
    here.leave(socket, TOPIC)
    machine.advance(MOMENT_S)
    arrival, _ = sent(machine, PeopleChanged)
    there.presence.receive(arrival)
    assert counts(machine) == [0, 0, 0]


def test_many_people_are_sent_in_parts(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replicas, "MAX_PEOPLE_PER_EVENT", 10)
    old, here = machine.start(), machine.start()
    for _ in range(25):
        old.join(old.attach(), TOPIC)
    machine.advance(MOMENT_S)
    assert [len(each.changes.put[TOPIC]) for each in sent(machine, PeopleChanged)] == [10, 10, 5]  # type: ignore[attr-defined]
    new = machine.start()
    machine.advance(0.01)
    assert (here.presence.count(TOPIC), new.presence.count(TOPIC)) == (25, 25)


def test_a_lost_part_is_asked_for_again(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replicas, "MAX_PEOPLE_PER_EVENT", 10)
    old = machine.start()
    for _ in range(25):
        old.join(old.attach(), TOPIC)
    machine.advance(MOMENT_S)
    machine.is_lost = lambda event: isinstance(event, AllPeople) and event.part == 1
    new = machine.start()
    machine.advance(MOMENT_S)
    assert new.presence.count(TOPIC) == 0
    machine.is_lost = lambda _event: False
    machine.advance(5.0)
    assert new.presence.count(TOPIC) == 25


def test_other_processes_are_sent_people_up_to_a_bound(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "MAX_NAMED_PEOPLE", 3)
    monkeypatch.setattr(publisher, "NAMED_AGAIN_PEOPLE", 2)
    here, there = machine.start(), machine.start()
    there.join(there.attach(), TOPIC)
    sockets = [here.attach() for _ in range(4)]
    published = here.presence._publisher.published
    for number, socket in enumerate(sockets, 1):
        here.join(socket, TOPIC)
        machine.advance(MOMENT_S)
        assert counts(machine) == [number + 1] * 2
    assert (published.topics, published.counts) == ({}, {TOPIC: 4})
    for number, socket in enumerate(sockets[:2], 1):
        here.leave(socket, TOPIC)
        machine.advance(MOMENT_S)
        assert counts(machine) == [5 - number] * 2
        # Named again only below the lower bound.
        assert (TOPIC in published.topics) == (number == 2)
    assert published.counts == {}


def test_a_process_that_has_been_killed_is_dropped(
    machine: Machine, processes: tuple[Process, Process, Process]
) -> None:
    killed, here, _ = processes
    for process in (killed, here):
        process.join(process.attach(), TOPIC)
    machine.advance(9.0)
    machine.kill(killed)
    # The last beat was at most a moment ago.
    machine.advance(9.0)
    assert counts(machine) == [2, 2]
    machine.advance(2.5)
    assert counts(machine) == [1, 1]
    assert shown(here)[-1] == 1


def test_a_process_that_stops_is_dropped_at_once(
    machine: Machine, processes: tuple[Process, Process, Process]
) -> None:
    stopping, *_ = processes
    stopping.join(stopping.attach(), TOPIC)
    machine.advance(MOMENT_S)
    machine.send(stopping, ProcessGone(process_id=stopping.id))
    machine.kill(stopping)
    machine.advance(0.01)
    assert counts(machine) == [0, 0]


def test_nobody_is_dropped_while_the_channel_layer_is_down(
    machine: Machine, processes: tuple[Process, Process, Process]
) -> None:
    """Then every process is silent for every other, and all are alive."""
    killed = processes[1]
    for process in processes:
        process.join(process.attach(), TOPIC)
    machine.advance(MOMENT_S)
    for process in processes:
        process.bridge.is_up = False
    machine.is_lost = lambda _event: True
    machine.advance(20.0)
    machine.kill(killed)
    machine.advance(20.0)
    assert counts(machine) == [3, 3]
    for process in processes:
        process.bridge.is_up = True
    machine.is_lost = lambda _event: False
    machine.advance(12.0)
    # But those that have not come back are dropped.
    assert counts(machine) == [2, 2]


def test_a_process_that_was_taken_for_dead_comes_back(
    machine: Machine, processes: tuple[Process, Process, Process]
) -> None:
    here, *_ = processes
    here.join(here.attach(), TOPIC)
    machine.advance(MOMENT_S)
    machine.is_lost = lambda _event: True
    machine.advance(15.0)
    assert counts(machine) == [1, 0, 0]
    machine.is_lost = lambda _event: False
    machine.advance(4.0)
    assert counts(machine) == [1, 1, 1]


def test_a_failure_while_showing_does_not_stop_presence(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = machine.start()
    process.join(process.attach(), TOPIC)
    with monkeypatch.context() as broken:
        broken.setattr(process, "deliver", SimpleNamespace())
        machine.advance(MOMENT_S)
    process.join(process.attach(), TOPIC)
    machine.advance(MOMENT_S)
    assert shown(process) == [2]


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
