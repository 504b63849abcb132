"""Who is in a room, who is told that somebody is online, and who is not."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from accounts.profiles import update_profile
from accounts.staff import rename_user
from chat import presence
from chat.models import Membership, Room
from chat.presence import read_room_mates
from chat.rooms import create_room, open_lobby
from chat.topics import room_topic
from realtime.database import in_database
from realtime.hub import Hub
from realtime.running import start_hub
from tests.chat.conftest import add_member
from tests.conftest import actor_of
from tests.realtime.conftest import Connect
from tests.realtime.test_described_frames import assert_described
from tests.sockets import Frame, SocketClient

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]


@pytest.fixture
async def elsewhere(hub: Hub) -> AsyncIterator[Hub]:
    """The hub of another process."""
    other = Hub()
    start_hub(other)
    yield other
    await other.stop()


@pytest.fixture
def is_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is waited for after the last socket has gone."""
    monkeypatch.setattr("realtime.presence.online.OFFLINE_AFTER_S", 0.0)


def person(user: User, **fields: Any) -> Frame:
    return {"id": str(user.id), "name": user.name, "status": "online", "doing": None, **fields}


async def join(client: SocketClient, room: Room) -> None:
    reply = await client.call("join-room", roomId=room.id)
    assert reply["type"] == "reply", reply


async def join_as(connect: Connect, user: User | None, room: Room) -> SocketClient:
    client = await connect(user)
    await join(client, room)
    return client


async def until_shown(client: SocketClient, names: list[str], count: int) -> None:
    """Applies presence events until they lead to these people."""
    people: dict[str, str] = {}
    frame: Frame = {"count": 0}
    while (sorted(people.values()), frame["count"]) != (names, count):
        frame = await client.find(lambda frame: frame["type"].startswith("presence-"))
        if frame["type"] == "presence-state":
            people = {each["id"]: each["name"] for each in frame["people"]}
        else:
            people |= {each["id"]: each["name"] for each in frame["joined"] + frame["changed"]}
            people = {key: name for key, name in people.items() if key not in frame["left"]}


# In a room


async def test_members_see_who_joins_and_leaves_the_room(
    alice: User, bob: User, room: Room, connect: Connect
) -> None:
    first = await join_as(connect, alice, room)
    state = await first.event("presence-state")
    assert (state["roomId"], state["people"], state["count"]) == (str(room.id), [person(alice)], 1)
    second = await join_as(connect, bob, room)
    diff = await first.event("presence-diff", joined=[person(bob)])
    assert (diff["left"], diff["count"]) == ([], 2)
    await until_shown(second, ["Alice", "Bob"], 2)
    for frame, message in ((state, "event.presence-state"), (diff, "event.presence-diff")):
        assert_described(frame, message)
    await second.call("leave-room", roomId=room.id)
    await first.event("presence-diff", left=[str(bob.id)], count=1)


async def test_guests_are_named_and_visitors_are_counted(
    alice: User, guest: User, connect: Connect
) -> None:
    lobby = await in_database(open_lobby)
    await join_as(connect, guest, lobby)
    await join_as(connect, None, lobby)
    client = await join_as(connect, alice, lobby)
    await until_shown(client, ["Alice", "Guest"], 3)


async def test_people_of_another_process_are_in_the_room(
    alice: User, bob: User, room: Room, connect: Connect, hub: Hub, elsewhere: Hub
) -> None:
    """Bob's socket is in the other process, as far as presence knows."""
    client = await join_as(connect, alice, room)
    await client.event("presence-state", count=1)
    await connect(bob)
    [connection] = hub.connections_of(bob.id)
    topic = room_topic(room.id)
    hub.detach(connection)
    elsewhere.attach(connection)
    elsewhere.join(connection, topic, (topic,))
    await client.event("presence-diff", joined=[person(bob)], count=2)
    elsewhere.presence.describe(connection, topic, "presents Budget")
    await client.event("presence-diff", changed=[person(bob, doing="presents Budget")])
    # Lost without a word, as when the process is killed.
    hub.presence._processes.forget(elsewhere.id)
    await client.event("presence-diff", left=[str(bob.id)])
    # Its next beat shows that it is alive.
    await client.event("presence-diff", joined=[person(bob, doing="presents Budget")])
    elsewhere.detach(connection)
    hub.attach(connection)


async def test_a_new_name_and_status_are_shown(
    alice: User, bob: User, staff: User, room: Room, connect: Connect
) -> None:
    first, second = await join_as(connect, alice, room), await join_as(connect, bob, room)
    await first.event("presence-state")
    await in_database(update_profile, actor=actor_of(bob), name="Bobby")
    await first.find(lambda frame: frame.get("changed") == [person(bob, name="Bobby")])
    await in_database(rename_user, actor=actor_of(staff), user_id=bob.id, name="Robert")
    await first.find(lambda frame: frame.get("changed") == [person(bob, name="Robert")])
    assert (await second.call("set-status", status="away"))["status"] == "ok"
    await first.find(
        lambda frame: frame.get("changed") == [person(bob, name="Robert", status="away")]
    )


# Online


@pytest.mark.usefixtures("is_quick")
async def test_room_mates_are_told_who_is_online_and_strangers_are_not(
    alice: User, bob: User, charlie: User, room: Room, connect: Connect
) -> None:
    friend, stranger, visitor = await connect(alice), await connect(charlie), await connect()
    client = await connect(bob)
    seen = await friend.event("user-online")
    assert seen["user"] == {"id": str(bob.id), "name": "Bob", "status": "online"}
    await client.close()
    assert (await friend.event("user-offline"))["user"]["id"] == str(bob.id)
    for other in (stranger, visitor):
        assert not {"user-online", "user-offline"} & {*await other.names_seen()}


@pytest.mark.usefixtures("is_quick")
async def test_a_status_is_told_to_room_mates(
    alice: User, bob: User, room: Room, connect: Connect
) -> None:
    friend, client = await connect(alice), await connect(bob)
    await friend.event("user-online")
    for status, event, shown in (
        ("busy", "user-online", "busy"),
        ("offline", "user-offline", "busy"),
        ("online", "user-online", "online"),
    ):
        await client.call("set-status", status=status)
        assert (await friend.event(event))["user"]["status"] == shown


async def test_a_status_is_stored_as_over_rest(bob: User, connect: Connect) -> None:
    client = await connect(bob)
    await client.call("set-status", status="offline", text="  Back at five ")
    await in_database(bob.refresh_from_db)
    assert (bob.status, bob.status_text, bob.appears_offline) == ("offline", "Back at five", True)
    await client.call("set-status", status="online")
    await in_database(bob.refresh_from_db)
    assert (bob.status, bob.status_text, bob.appears_offline) == ("online", "", False)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "status"),
        ({"status": "invisible"}, "status"),
        ({"status": "busy", "text": 141 * "a"}, "text"),
        ({"status": "busy", "text": "a\u0000"}, "text"),
        ({"status": "busy", "nonsense": 1}, "nonsense"),
    ],
)
async def test_a_bad_status_is_refused(
    bob: User, connect: Connect, body: dict[str, Any], field: str
) -> None:
    reply = await (await connect(bob)).call("set-status", **body)
    assert reply["code"] == "validation"
    assert [each["field"] for each in reply["errors"]] == [field]


# Who is related


def test_only_members_of_the_same_rooms_are_related(
    alice: User, bob: User, charlie: User, guest: User, room: Room, staff: User
) -> None:
    banned = add_member(room, charlie)
    banned.banned_at = timezone.now()
    banned.save(update_fields=["banned_at"])
    now = timezone.now()
    Membership.objects.create(room=room, user=guest, invited_at=now, created_at=now)
    lobby = open_lobby()
    for user in (alice, staff):
        Membership.objects.create(room=lobby, user=user, last_read_seq=1, created_at=now)
    everybody = [alice.id, bob.id, charlie.id, guest.id, staff.id]
    both = {alice.id, bob.id}
    assert read_room_mates(everybody) == {alice.id: both, bob.id: both}


def test_members_of_large_rooms_are_not_related(
    alice: User, bob: User, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "MAX_RELATED_MEMBERS", 1)
    assert read_room_mates([alice.id, bob.id]) == {}


def test_room_mates_take_two_queries_for_any_number_of_rooms(
    alice: User, bob: User, room: Room, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(2):
        add_member(create_room(actor=actor_of(alice), name="Garden"), bob)
    with django_assert_num_queries(2):
        read_room_mates([alice.id, bob.id])
