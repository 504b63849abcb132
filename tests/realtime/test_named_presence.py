"""Presence by name: what the subscribers of a topic are sent about each other."""

from dataclasses import replace
from uuid import UUID

import pytest

from realtime.presence import publisher, views
from realtime.presence.registration import NAMED_PRESENCE
from tests.realtime.processes import NAMED_TOPIC, Client, Machine, Process, make_machine

TOPIC = NAMED_TOPIC
# Enough for a change to be sent, received and shown, and less than a beat.
MOMENT_S = 0.8


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return make_machine(monkeypatch)


def join(machine: Machine, process: Process, name: str | None = None) -> Client:
    """A socket of a new user with this name, or of a visitor, joins the topic."""
    client = process.attach(machine.add_user(name) if name else None)
    process.join(client, TOPIC)
    return client


def person(client: Client, doing: str | None = None) -> dict[str, str | None]:
    """The client's user, as others are sent it."""
    user = client.process.machine.users[client.actor.signed_in_id()]
    return {"id": str(user.id), "name": user.name, "status": user.status, "doing": doing}


def test_a_socket_that_joins_is_sent_everybody(machine: Machine) -> None:
    here, there = machine.start(), machine.start()
    ada, bob = join(machine, here, "Ada"), join(machine, there, "Bob")
    machine.advance(MOMENT_S)
    carol = join(machine, here, "Carol")
    machine.advance(MOMENT_S)
    [frame] = carol.frames
    assert frame.pop("people") == [person(ada), person(bob), person(carol)]
    assert frame == {
        "type": "presence-state",
        "event": "presence-state",
        "table": TOPIC,
        "count": 3,
    }


def test_the_others_are_sent_what_has_changed(machine: Machine) -> None:
    here, there = machine.start(), machine.start()
    ada = join(machine, here, "Ada")
    machine.advance(MOMENT_S)
    ada.frames.clear()
    bob = join(machine, there, "Bob")
    machine.advance(MOMENT_S)
    there.describe(bob, TOPIC, "presents Budget")
    machine.advance(MOMENT_S)
    there.leave(bob, TOPIC)
    machine.advance(MOMENT_S)
    same = {"type": "presence-diff", "event": "presence-diff", "table": TOPIC}
    nothing: dict[str, list[str]] = {"joined": [], "left": [], "changed": []}
    assert ada.frames == [
        {**same, **nothing, "joined": [person(bob)], "count": 2},
        {**same, **nothing, "changed": [person(bob, "presents Budget")], "count": 2},
        {**same, **nothing, "left": [str(bob.actor.id)], "count": 1},
    ]


def test_a_wave_of_arrivals_is_one_diff(machine: Machine) -> None:
    here, there = machine.start(), machine.start()
    ada = join(machine, here, "Ada")
    machine.advance(MOMENT_S)
    ada.frames.clear()
    for number in range(40):
        join(machine, (here, there)[number % 2], f"Guest {number}")
    machine.advance(0.3)
    machine.advance(MOMENT_S)
    # Those of this process, then those of the other.
    assert [len(frame["joined"]) for frame in ada.frames] == [20, 20]


def test_a_person_with_several_devices_is_one(machine: Machine) -> None:
    here, there = machine.start(), machine.start()
    bob = join(machine, here, "Bob")
    ada = machine.add_user("Ada")
    devices = [(process, process.attach(ada)) for process in (here, here, there)]
    for process, device in devices:
        process.join(device, TOPIC)
    machine.advance(MOMENT_S)
    assert (bob.names(), bob.count) == (["Ada", "Bob"], 2)
    bob.frames.clear()
    for process, device in devices[:2]:
        process.detach(device)
        machine.advance(MOMENT_S)
    assert bob.frames == []
    there.detach(devices[2][1])
    machine.advance(MOMENT_S)
    assert (bob.names(), bob.types()) == (["Bob"], ["presence-diff"])


def test_visitors_are_only_counted(machine: Machine) -> None:
    process = machine.start()
    ada = join(machine, process, "Ada")
    machine.advance(MOMENT_S)
    visitor = join(machine, process)
    machine.advance(MOMENT_S)
    assert (ada.names(), ada.count) == (["Ada"], 2)
    assert ada.types() == ["presence-state", "presence-diff"]
    assert (visitor.names(), visitor.count) == (["Ada"], 2)


def test_a_hidden_person_is_only_counted(machine: Machine) -> None:
    process = machine.start()
    ada, bob = join(machine, process, "Ada"), join(machine, process, "Bob")
    machine.advance(MOMENT_S)
    user_id = bob.actor.signed_in_id()
    machine.change_user(user_id, is_hidden=True)
    process.presence.refresh(user_id)
    machine.advance(MOMENT_S)
    assert (ada.names(), ada.count) == (["Ada"], 2)
    assert process.presence.online([user_id]) == set()


def test_a_deleted_user_is_only_counted(machine: Machine) -> None:
    process = machine.start()
    ada = join(machine, process, "Ada")
    bob = machine.add_user("Bob")
    del machine.users[bob]
    process.join(process.attach(bob), TOPIC)
    machine.advance(MOMENT_S)
    assert (ada.names(), ada.count) == (["Ada"], 2)


def test_a_new_name_or_status_is_shown(machine: Machine) -> None:
    here, there = machine.start(), machine.start()
    ada, bob = join(machine, here, "Ada"), join(machine, there, "Bob")
    machine.advance(MOMENT_S)
    user_id = bob.actor.signed_in_id()
    machine.change_user(user_id, name="Robert", status="busy")
    for process in machine.processes:
        process.presence.refresh(user_id)
    machine.advance(MOMENT_S)
    assert ada.people[str(user_id)] == person(bob)
    assert ada.frames[-1]["changed"] == [person(bob)]


def test_a_name_that_changes_while_it_is_read_is_read_again(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = machine.start()

    async def read_before_the_change(_read: object, user_ids: list[UUID]) -> object:
        found = machine.read_people(user_ids)
        if machine.users[ada].order == 0:
            machine.change_user(ada, name="Ada Lovelace")
            process.presence.refresh(ada)
        return found

    monkeypatch.setattr("realtime.presence.presence.in_database", read_before_the_change)
    ada = machine.add_user("Ada")
    client = process.attach(ada)
    process.join(client, TOPIC)
    machine.advance(MOMENT_S)
    assert client.names() == ["Ada Lovelace"]


def test_the_newest_name_counts_whichever_process_missed_it(machine: Machine) -> None:
    here, _ = machine.start(), machine.start()
    bob = join(machine, here, "Bob")
    ada = machine.add_user("Ada")
    for process in machine.processes:
        process.join(process.attach(ada), TOPIC)
    machine.advance(MOMENT_S)
    for process in machine.processes:
        machine.change_user(ada, name=f"Ada {process.id}")
        process.presence.refresh(ada)
        machine.advance(MOMENT_S)
        assert bob.names() == [f"Ada {process.id}", "Bob"]


def test_names_are_read_once_per_user_and_in_batches(machine: Machine) -> None:
    process = machine.start()
    ada = machine.add_user("Ada")
    sockets = [process.attach(ada) for _ in range(3)]
    for topic in (TOPIC, "table.2"):
        for socket in sockets:
            process.join(socket, topic)
    machine.advance(MOMENT_S)
    assert machine.reads == [[ada]]


def test_what_somebody_does_is_cut(machine: Machine) -> None:
    process = machine.start()
    ada = join(machine, process, "Ada")
    process.describe(ada, TOPIC, "presents\n" + 200 * "a")
    machine.advance(MOMENT_S)
    [shown] = ada.people.values()
    assert shown["doing"] == "presents " + 150 * "a" + "…"
    assert len(shown["doing"]) == 160


def test_what_somebody_does_is_seen_after_a_lost_event(machine: Machine) -> None:
    here, there = machine.start(), machine.start()
    ada, bob = join(machine, here, "Ada"), join(machine, there, "Bob")
    machine.advance(MOMENT_S)
    machine.is_lost = lambda event: event.name == "people-changed"
    there.describe(bob, TOPIC, "presents Budget")
    machine.advance(5.0)
    assert ada.people[str(bob.actor.id)]["doing"] == "presents Budget"


def test_what_somebody_does_ends_with_the_socket(machine: Machine) -> None:
    process = machine.start()
    bob = join(machine, process, "Bob")
    ada = machine.add_user("Ada")
    laptop, phone = process.attach(ada), process.attach(ada)
    for socket in (laptop, phone):
        process.join(socket, TOPIC)
    process.describe(laptop, TOPIC, "presents Budget")
    machine.advance(MOMENT_S)
    assert bob.people[str(ada)]["doing"] == "presents Budget"
    process.leave(laptop, TOPIC)
    machine.advance(MOMENT_S)
    assert bob.people[str(ada)]["doing"] is None


def test_describing_a_topic_without_being_there_does_nothing(machine: Machine) -> None:
    process = machine.start()
    ada = process.attach(machine.add_user("Ada"))
    process.describe(ada, TOPIC, "presents Budget")
    machine.advance(MOMENT_S)
    assert process.presence.count(TOPIC) == 0


def test_a_client_that_reads_slowly_ends_with_the_right_list(machine: Machine) -> None:
    process = machine.start()
    ada = join(machine, process, "Ada")
    machine.advance(MOMENT_S)
    ada.is_slow = True
    bob = join(machine, process, "Bob")
    machine.advance(MOMENT_S)
    join(machine, process, "Carol")
    process.leave(bob, TOPIC)
    machine.advance(MOMENT_S)
    assert len(ada.waiting) == 1
    ada.read()
    assert (ada.names(), ada.types()) == (["Ada", "Carol"], ["presence-state"] * 2)
    join(machine, process, "Dan")
    machine.advance(MOMENT_S)
    assert (ada.names(), ada.types()[-1]) == (["Ada", "Carol", "Dan"], "presence-diff")


def test_a_socket_that_joins_again_is_sent_everybody_again(machine: Machine) -> None:
    process = machine.start()
    ada = machine.add_user("Ada")
    phone, laptop = process.attach(ada), process.attach(ada)
    for socket in (phone, laptop):
        process.join(socket, TOPIC)
    machine.advance(MOMENT_S)
    process.leave(phone, TOPIC)
    process.join(phone, TOPIC)
    machine.advance(MOMENT_S)
    # Nothing has changed for the other one.
    assert (phone.types(), laptop.types()) == (["presence-state"] * 2, ["presence-state"])


def test_a_socket_that_has_left_is_sent_nothing(machine: Machine) -> None:
    process = machine.start()
    ada, bob = join(machine, process, "Ada"), join(machine, process, "Bob")
    process.leave(bob, TOPIC)
    machine.advance(MOMENT_S)
    assert (ada.names(), bob.frames) == (["Ada"], [])


def test_changes_are_collected_while_the_last_one_is_written(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = machine.start()
    clients = [join(machine, process, name) for name in ("Ada", "Bob")]
    machine.advance(MOMENT_S)
    names = ["Carol", "Dan"]

    async def join_meanwhile(_duration_s: float) -> None:
        if names:
            join(machine, process, names.pop())
            machine.advance(MOMENT_S)

    monkeypatch.setattr(views, "SOCKETS_AT_ONCE", 1)
    monkeypatch.setattr(views, "sleep", join_meanwhile)
    join(machine, process, "Eve")
    machine.advance(MOMENT_S)
    machine.advance(MOMENT_S)
    for client in clients:
        assert client.names() == ["Ada", "Bob", "Carol", "Dan", "Eve"]
        assert client.types() == ["presence-state", "presence-diff", "presence-diff"]


def test_a_socket_that_leaves_while_others_are_written_is_sent_nothing(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = machine.start()
    visitors = [join(machine, process) for _ in range(2)]
    machine.advance(MOMENT_S)
    last: list[Client] = []

    async def leave_meanwhile(_duration_s: float) -> None:
        for client in visitors:
            if not last and len(client.frames) == 1:
                process.leave(client, TOPIC)
                last.append(client)

    monkeypatch.setattr(views, "SOCKETS_AT_ONCE", 1)
    monkeypatch.setattr(views, "sleep", leave_meanwhile)
    join(machine, process, "Ada")
    machine.advance(MOMENT_S)
    assert len(last[0].frames) == 1


def test_a_topic_that_cannot_be_shown_does_not_stop_the_others(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = machine.start()

    def fail_once(topic: str) -> dict[str, str]:
        if topic == "table.0":
            monkeypatch.setitem(NAMED_PRESENCE, "table", sound)
            raise ValueError(topic)
        return {"table": topic}

    sound = NAMED_PRESENCE["table"]
    monkeypatch.setitem(NAMED_PRESENCE, "table", replace(sound, fields=fail_once))
    ada, bob = process.attach(machine.add_user("Ada")), process.attach(machine.add_user("Bob"))
    process.join(ada, "table.0")
    process.join(bob, TOPIC)
    machine.advance(MOMENT_S)
    assert (ada.frames, bob.names()) == ([], ["Bob"])
    process.join(bob, "table.0")
    machine.advance(MOMENT_S)
    assert ada.names("table.0") == ["Ada", "Bob"]


@pytest.fixture
def few_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (publisher, views):
        monkeypatch.setattr(module, "MAX_NAMED_PEOPLE", 3)
        monkeypatch.setattr(module, "NAMED_AGAIN_PEOPLE", 2)


@pytest.mark.usefixtures("few_are_named")
def test_many_people_are_only_counted(machine: Machine) -> None:
    here, there = machine.start(), machine.start()
    people = [
        join(machine, here, "Ada"),
        join(machine, there, "Bob"),
        join(machine, there, "Carol"),
    ]
    ada = people[0]
    machine.advance(MOMENT_S)
    assert ada.names() == ["Ada", "Bob", "Carol"]
    ada.frames.clear()
    people += [join(machine, there, name) for name in ("Dan", "Eve")]
    machine.advance(MOMENT_S)
    people += [join(machine, there, "Frank")]
    machine.advance(MOMENT_S)
    nothing: dict[str, list[str]] = {"joined": [], "left": [], "changed": []}
    same = {"type": "presence-diff", "event": "presence-diff", "table": TOPIC}
    assert (ada.frames[0]["type"], ada.frames[0]["people"]) == ("presence-state", None)
    assert ada.frames[-1] == {**same, **nothing, "count": 6}
    for client in people[2:5]:
        there.leave(client, TOPIC)
    machine.advance(MOMENT_S)
    assert (ada.names(), ada.count) == (None, 3)
    there.leave(people[1], TOPIC)
    machine.advance(MOMENT_S)
    assert (ada.names(), ada.count) == (["Ada", "Frank"], 2)
