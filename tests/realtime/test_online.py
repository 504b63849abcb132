"""Who is told that somebody is online or offline, and how often."""

from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError

from realtime.presence import publisher
from tests.realtime.processes import Client, Machine, make_machine

# Enough for a change to be sent, received and told, and less than a beat.
MOMENT_S = 0.8
# Longer than somebody must be gone.
PAUSE_S = 6.0


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = make_machine(monkeypatch)
    machine.start()
    machine.start()
    # After their start, so that nobody was online before.
    machine.advance(15.0)
    return machine


@pytest.fixture
def ada(machine: Machine) -> UUID:
    return machine.add_user("Ada")


@pytest.fixture
def bob(machine: Machine, ada: UUID) -> UUID:
    """Somebody who is told about Ada."""
    bob = machine.add_user("Bob")
    machine.related[ada] = {bob, ada}
    return bob


def told(client: Client) -> list[tuple[str, Any]]:
    return [(frame["type"], frame["user"]["status"]) for frame in client.frames]


ONLINE, OFFLINE = ("user-online", "online"), ("user-offline", "online")


def test_related_people_are_told_once_in_every_process(
    machine: Machine, ada: UUID, bob: UUID
) -> None:
    here, there = machine.processes
    bobs = [here.attach(bob), there.attach(bob)]
    stranger = here.attach(machine.add_user("Charlie"))
    visitor = here.attach()
    machine.advance(MOMENT_S)
    adas = [(process, process.attach(ada)) for process in (here, here, there)]
    machine.advance(MOMENT_S)
    for process, client in adas:
        process.detach(client)
    machine.advance(PAUSE_S)
    for client in bobs:
        assert told(client) == [ONLINE, OFFLINE]
        assert client.frames[0] == {
            "type": "user-online",
            "event": "user-online",
            "user": {"id": str(ada), "name": "Ada", "status": "online"},
        }
    assert [stranger.frames, visitor.frames] == [[], []]
    assert [client.frames for _, client in adas] == [[], [], []]


def test_a_reload_tells_nobody(machine: Machine, ada: UUID, bob: UUID) -> None:
    here, there = machine.processes
    client = here.attach(bob)
    before = here.attach(ada)
    machine.advance(MOMENT_S)
    here.detach(before)
    machine.advance(3.0)
    # In the other process, as a load balancer may have it.
    there.attach(ada)
    machine.advance(2 * PAUSE_S)
    assert told(client) == [ONLINE]


def test_the_last_device_decides(machine: Machine, ada: UUID, bob: UUID) -> None:
    here, there = machine.processes
    client = here.attach(bob)
    devices = [(here, here.attach(ada)), (there, there.attach(ada))]
    machine.advance(MOMENT_S)
    for count, (process, device) in enumerate(devices, 1):
        process.detach(device)
        machine.advance(PAUSE_S)
        assert len(told(client)) == count
    assert told(client) == [ONLINE, OFFLINE]


def test_people_of_a_killed_process_go_offline(machine: Machine, ada: UUID, bob: UUID) -> None:
    here, killed = machine.processes
    client = here.attach(bob)
    killed.attach(ada)
    machine.advance(MOMENT_S)
    machine.kill(killed)
    machine.advance(20.0)
    assert told(client) == [ONLINE, OFFLINE]
    assert here.presence.online([ada, bob]) == {bob}


def test_a_status_is_told_and_offline_is_as_if_disconnected(
    machine: Machine, ada: UUID, bob: UUID
) -> None:
    here, there = machine.processes
    client = here.attach(bob)
    there.attach(ada)
    machine.advance(MOMENT_S)
    for status in ("busy", "offline", "online"):
        machine.change_user(ada, status=status, is_hidden=status == "offline")
        there.presence.refresh(ada)
        machine.advance(PAUSE_S)
    assert told(client) == [
        ONLINE,
        ("user-online", "busy"),
        ("user-offline", "busy"),
        ONLINE,
    ]


def test_everybody_is_named_however_many_are_online(
    machine: Machine, ada: UUID, bob: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "MAX_NAMED_PEOPLE", 1)
    here, there = machine.processes
    client = here.attach(bob)
    for _ in range(3):
        there.attach(machine.add_user("Charlie"))
    there.attach(ada)
    machine.advance(MOMENT_S)
    assert told(client) == [ONLINE]


def test_nobody_is_told_twice_about_a_reading_that_failed(
    machine: Machine, ada: UUID, bob: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database is away for a moment."""
    here, there = machine.processes
    client = here.attach(bob)
    machine.advance(MOMENT_S)
    with monkeypatch.context() as broken:
        for name in ("presence", "online"):
            broken.setattr(f"realtime.presence.{name}.in_database", fail)
        there.attach(ada)
        machine.advance(3.0)
    assert client.frames == []
    machine.advance(3.0)
    assert told(client) == [ONLINE]


def test_nothing_is_kept_of_people_who_have_gone(machine: Machine, ada: UUID, bob: UUID) -> None:
    here, _ = machine.processes
    for stays_s in (MOMENT_S, 0.0):
        clients = [here.attach(user_id) for user_id in (ada, bob)]
        machine.advance(stays_s)
        for client in clients:
            here.detach(client)
        machine.advance(PAUSE_S)
    for process in machine.processes:
        presence = process.presence
        assert (presence._local.users, presence._online._shown) == ({}, {})
        assert (presence._rosters._topics, presence._local._topics) == ({}, {})


async def fail(*_arguments: Any) -> None:
    raise OperationalError("away")


def test_a_new_process_does_not_tell_who_was_online_before(
    machine: Machine, ada: UUID, bob: UUID
) -> None:
    here, _ = machine.processes
    here.attach(ada)
    machine.advance(MOMENT_S)
    new = machine.start()
    client = new.attach(bob)
    machine.advance(PAUSE_S)
    assert client.frames == []
    assert new.presence.online([ada]) == {ada}


def test_what_is_seen_after_a_lost_event_is_told(machine: Machine, ada: UUID, bob: UUID) -> None:
    here, there = machine.processes
    client = here.attach(bob)
    machine.is_lost = lambda event: event.name == "people-changed"
    there.attach(ada)
    machine.advance(5.0)
    assert told(client) == [ONLINE]


def test_a_slow_client_is_told_the_latest(machine: Machine, ada: UUID, bob: UUID) -> None:
    here, there = machine.processes
    client = here.attach(bob)
    client.is_slow = True
    device = there.attach(ada)
    machine.advance(MOMENT_S)
    there.detach(device)
    machine.advance(PAUSE_S)
    client.read()
    assert told(client) == [OFFLINE]


def test_without_anybody_to_tell_nobody_is_tracked(
    machine: Machine, ada: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("realtime.presence.presence.has_related_people", lambda: False)
    alone = machine.start()
    machine.sent.clear()
    alone.attach(ada)
    machine.advance(MOMENT_S)
    assert machine.reads == []
    assert [event.name for event in machine.sent if event.name == "people-changed"] == []
