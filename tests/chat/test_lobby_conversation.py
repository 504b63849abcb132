"""The lobby's older conversation, over Socket.IO."""

import json
import threading
from collections.abc import Collection
from typing import Any
from uuid import UUID

import pytest
from pytest_django import Settings

from accounts.models import User
from accounts.profiles import update_profile
from accounts.services import suspend_user
from apikit.actors import Actor
from chat.events import MessagePosted
from chat.lobby.conversation import _read_head, conversation_of
from chat.lobby_wire import LOBBY_PROTOCOL
from chat.log import read_entries
from chat.memberships import MemberChange, moderate_member
from chat.models import LobbyIdentity, Message, Room
from chat.rooms import open_lobby
from realtime.database import in_database
from realtime.hub import Hub
from tests.chat.lobby_clients import Enter, LobbyClient
from tests.conftest import access_token, actor_of
from tests.realtime.conftest import Connect, eventually

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]

TAKEN = "lobby.id_taken"


@pytest.fixture
def is_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long for those who do not answer or come back."""
    monkeypatch.setattr("chat.lobby.conversation.PROBE_S", 0.2)
    monkeypatch.setattr("chat.lobby.conversation.ANSWER_S", 0.5)
    monkeypatch.setattr("chat.lobby.roster.GRACE_S", 0.0)


async def token_of(user: User) -> str:
    return await in_database(access_token, user)


async def lobby_room() -> Room:
    return await in_database(open_lobby)


async def codes_of(client: LobbyClient, *commands: tuple[str, Any]) -> list[str]:
    return [(await client.ask(name, body)).get("code", "ok") for name, body in commands]


# Coming, talking, leaving


async def test_people_see_who_joins_and_who_leaves(enter: Enter) -> None:
    ada = await enter("a1", "Ada")
    assert await ada.people("Ada") == [{"userId": "a1", "userName": "Ada"}]
    grace = await enter("g1", "Grace")
    for client in (ada, grace):
        joined = await client.payload("userJoined", userName="Grace")
        assert joined == {"userId": "g1", "userName": "Grace"}
        notice = await client.payload("message", messageBody="Grace joined the chat")
        assert (notice["userId"], notice["userName"]) == ("system", "System")
        assert notice["timeStamp"].endswith("Z")
        assert {each["userId"] for each in await client.people("Ada", "Grace")} == {"a1", "g1"}
    assert (await grace.ask("left"))["status"] == "ok"
    assert await ada.payload("userLeft") == {"userId": "g1", "userName": "Grace"}
    await ada.payload("message", messageBody="Grace left the chat")
    await ada.people("Ada")
    assert await in_database(Message.objects.count) == 0


async def test_a_message_reaches_everybody_and_is_stored_once(enter: Enter) -> None:
    ada, grace = await enter("a1", "Ada"), await enter("g1", "Grace")
    reply = await ada.say("a1", "Ada", "Hello!", "9:30")
    sent = {"userId": "a1", "userName": "Ada", "messageBody": "Hello!", "timeStamp": "9:30"}
    assert reply == {"status": "ok", **sent}
    for client in (ada, grace):
        assert await client.payload("message", userName="Ada") == sent
    assert await ada.say("a1", "Ada", "Hello!", "9:30") == reply
    assert await in_database(Message.objects.count) == 1
    await ada.say("a1", "Ada", "Hello!", "9:31")
    assert await in_database(Message.objects.count) == 2


async def test_clients_of_the_room_and_of_the_conversation_see_each_other(
    enter: Enter, connect: Connect, bob: User
) -> None:
    room = await lobby_room()
    native = await connect(bob)
    await native.call("join-room", roomId=room.id)
    await native.event("presence-state", count=1)
    ada = await enter("a1", "Ada")
    people = await ada.people("Ada", "Bob")
    assert {each["userId"] for each in people} == {"a1", str(bob.id)}
    state = await native.event("presence-diff", count=2)
    assert [each["name"] for each in state["joined"]] == ["Ada"]
    await ada.say("a1", "Ada", "Hello!")
    event = await native.event("message")
    assert (event["message"]["body"], event["message"]["author"]["name"]) == ("Hello!", "Ada")
    assert "lobby" not in event
    await native.call("send-message", roomId=room.id, body="Hi!")
    answer = await ada.payload("message", userName="Bob")
    assert (answer["userId"], answer["messageBody"]) == (str(bob.id), "Hi!")
    names = [each["type"] for each in ada.seen]
    assert not {"presence-state", "presence-diff"} & set(names)


async def test_other_rooms_keep_their_events(enter: Enter, room: Room, bob: User) -> None:
    bobs = await enter("b1", "Bob", token=await token_of(bob))
    assert (await bobs.ask("joinRoom", {"roomId": str(room.id)}))["status"] == "ok"
    await bobs.ask("sendMessage", {"roomId": str(room.id), "body": "Kitchen"})
    event = await bobs.payload("message", roomId=str(room.id))
    assert event["message"]["body"] == "Kitchen"


async def test_a_message_read_from_the_database_is_the_same(enter: Enter, hub: Hub) -> None:
    """As after a gap."""
    ada = await enter("a1", "Ada")
    await ada.say("a1", "Ada", "Hello!", "9:30")
    sent = await ada.payload("message", userName="Ada")
    room = await in_database(Room.objects.get)
    log = await in_database(read_entries, room.id, 0, 1, is_lobby=True)
    [event] = log.events
    assert isinstance(event, MessagePosted)
    assert event.body(LOBBY_PROTOCOL) == sent


async def test_a_client_that_has_not_joined_joins_with_its_first_message(enter: Enter) -> None:
    """After a reconnect, socket.io-client sends what it has kept before the page sends join."""
    ada, late = await enter("a1", "Ada"), await enter()
    await late.emit(
        "message",
        {"userId": 17, "userName": "Late", "messageBody": "Hi", "timeStamp": 1700000000000},
    )
    for client in (ada, late):
        message = await client.payload("message", userName="Late")
        assert (message["userId"], message["timeStamp"]) == ("17", "1700000000000")
    assert (await late.come("17", "Late"))["status"] == "ok"
    await late.people("Ada", "Late")


async def test_joining_again_changes_name_or_id(enter: Enter, is_quick: None) -> None:
    ada, client = await enter("a1", "Ada"), await enter("g1", "Grace")
    await ada.people("Ada", "Grace")
    assert (await client.come("g1", "Grace"))["status"] == "ok"
    assert (await client.come("g1", "Amazing Grace"))["userName"] == "Amazing Grace"
    await ada.people("Ada", "Amazing Grace")
    assert (await client.come("g2", "Grace"))["status"] == "ok"
    assert {each["userId"] for each in await ada.people("Ada", "Grace")} == {"a1", "g2"}
    assert (await client.say("g1", "Grace", "Me?"))["code"] == TAKEN
    other = await enter("g1", "Other")
    assert (await other.say("g1", "Other", "Free by now"))["status"] == "ok"


async def test_leaving_without_having_joined_is_no_error(enter: Enter) -> None:
    assert await codes_of(await enter(), ("left", None), ("left", "a1")) == ["ok", "ok"]


async def test_a_client_that_goes_while_it_joins_leaves_nothing_behind(
    enter: Enter, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long-polling client can disconnect with another request."""
    conversation, has_gone = conversation_of(hub), threading.Event()
    await enter()
    [connection] = hub.connections

    def go() -> None:
        hub.connections.discard(connection)
        conversation.forget(connection)
        has_gone.set()

    def read_slowly(actor: Actor, room_id: UUID) -> Any:
        hub.loop.call_soon_threadsafe(go)
        has_gone.wait()
        return _read_head(actor, room_id)

    monkeypatch.setattr("chat.lobby.conversation._read_head", read_slowly)
    session = await conversation.join(connection, "a1", "Ada")
    hub.connections.add(connection)
    assert not conversation.sessions
    assert session.topic not in hub.topics
    row = await in_database(LobbyIdentity.objects.get)
    while row.holder is not None:
        await in_database(row.refresh_from_db)


async def test_a_connection_that_was_lost_is_told_after_a_while(
    enter: Enter, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat.lobby.roster.GRACE_S", 1000.0)
    ada, grace = await enter("a1", "Ada"), await enter("g1", "Grace")
    await ada.people("Ada", "Grace")
    roster = conversation_of(hub).roster
    assert roster is not None
    updates = 0

    def update(people: Collection[int]) -> None:
        nonlocal updates
        roster.update(people)
        updates += 1

    hub.presence.watch(roster._topic, update)
    await grace.close()
    # Only now it is known.
    await eventually(lambda: updates > 0)
    back = await enter("g1", "Grace")
    await back.people("Ada", "Grace")
    await back.say("g1", "Grace", "Back again")
    await ada.payload("message", messageBody="Back again")
    told = [each["type"] for each in ada.seen if each["type"] in {"userJoined", "userLeft"}]
    # Those of the beginning.
    assert told == ["userJoined", "userJoined"]
    monkeypatch.setattr("chat.lobby.roster.GRACE_S", 0.0)
    await back.close()
    await ada.payload("userLeft", userName="Grace")


async def test_a_client_that_says_goodbye_has_left_at_once(
    enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat.lobby.roster.GRACE_S", 1000.0)
    ada, grace = await enter("a1", "Ada"), await enter("g1", "Grace")
    await ada.people("Ada", "Grace")
    await grace.send_text("41")
    await ada.payload("userLeft", userName="Grace")
    await ada.people("Ada")


async def test_who_joins_also_leaves_by_the_same_id(enter: Enter, hub: Hub) -> None:
    """While another process still counts somebody whose id is free again."""
    ada, _ = await enter("a1", "Ada"), await enter("g1", "Grace")
    await ada.people("Ada", "Grace")
    row = await in_database(LobbyIdentity.objects.get, client_id="g1")
    await in_database(LobbyIdentity.objects.filter(id=row.id).update, holder=None)
    await in_database(update_profile, actor=Actor(row.user_id, is_guest=True), name="Amazing Grace")
    people = await ada.people("Ada", "Amazing Grace")
    assert {each["userId"] for each in people} == {"a1", "g1"}


async def test_a_crowd_comes_and_leaves_without_a_word(
    enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat.lobby.roster.MAX_ANNOUNCED_PEOPLE", 1)
    ada = await enter("a1", "Ada")
    await ada.payload("message", messageBody="Ada joined the chat")
    await enter("g1", "Grace")
    await ada.people("Ada", "Grace")
    assert "Grace joined the chat" not in json.dumps(ada.seen)


async def test_native_sockets_do_not_have_these_commands(connect: Connect, bob: User) -> None:
    client = await connect(bob)
    for name in ("join", "message", "left"):
        assert (await client.call(name))["code"] == "socket.unknown_command"


# Whose id it is


async def test_an_id_belongs_to_the_first_connection(
    enter: Enter, hub: Hub, is_quick: None
) -> None:
    ada, mallory = await enter("a1", "Ada"), await enter()
    assert (await mallory.come("a1", "Ada"))["code"] == TAKEN
    assert (await mallory.say("a1", "Ada", "I am Ada"))["code"] == TAKEN
    assert (await mallory.come("m1", "Mallory"))["status"] == "ok"
    assert (await mallory.say("a1", "Ada", "I am Ada"))["code"] == TAKEN
    assert await in_database(Message.objects.count) == 0
    await ada.say("a1", "Ada", "I am still here")
    await mallory.payload("message", messageBody="I am still here")


async def test_an_id_can_be_taken_again_in_the_same_network_only(
    enter: Enter, is_quick: None
) -> None:
    first = await enter("a1", "Ada")
    await first.ask("left")
    stranger = await enter(address="198.51.100.1")
    assert (await stranger.come("a1", "Ada"))["code"] == TAKEN
    again = await enter("a1", "Ada")
    before = await in_database(LobbyIdentity.objects.get)
    await again.close()
    await enter("a1", "Ada")
    assert (await in_database(LobbyIdentity.objects.get)).user_id == before.user_id
    assert (await stranger.come("a1", "Ada"))["code"] == TAKEN


async def test_a_client_that_gives_no_sign_of_life_is_replaced(
    enter: Enter, hub: Hub, is_quick: None
) -> None:
    """As after its network was gone for a moment; the first connection was not closed."""
    ada = await enter("a1", "Ada")
    ada.stop_reading()
    [lost] = hub.connections
    back = await enter("a1", "Ada")
    await eventually(lambda: lost.is_closing)
    assert (await back.say("a1", "Ada", "I am back"))["status"] == "ok"


async def test_the_id_of_a_process_that_was_killed_is_free(enter: Enter, is_quick: None) -> None:
    ada = await enter("a1", "Ada")
    await ada.ask("left")
    session_id = "01985c2e-8f10-7d52-b3a4-6a0c5e9d4f21"
    await in_database(LobbyIdentity.objects.update, holder=session_id)
    await enter("a1", "Ada")


async def test_without_the_layer_no_id_is_taken_over(
    enter: Enter, is_quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process that has it cannot answer."""
    ada = await enter("a1", "Ada")
    await ada.ask("left")
    session_id = "01985c2e-8f10-7d52-b3a4-6a0c5e9d4f21"
    await in_database(LobbyIdentity.objects.update, holder=session_id)
    monkeypatch.setattr("realtime.bridge.ChannelLayerBridge.is_up", False)
    assert (await ada.come("a1", "Ada"))["code"] == TAKEN


async def test_the_ids_of_accounts_and_of_the_system_are_theirs(enter: Enter, bob: User) -> None:
    client = await enter()
    assert (await client.come("system", "System"))["code"] == TAKEN
    assert (await client.come(str(bob.id), "Bob"))["code"] == TAKEN
    bobs = await enter(str(bob.id), "Bob", token=await token_of(bob))
    assert (await bobs.say(str(bob.id), "Bob", "Me"))["userId"] == str(bob.id)


async def test_a_client_with_a_token_keeps_its_account(
    enter: Enter, bob: User, is_quick: None
) -> None:
    token = await token_of(bob)
    tabs = [await enter("b1", "Somebody", token=token) for _ in range(2)]
    for number, tab in enumerate(tabs):
        said = await tab.say("b1", "Somebody", f"Tab {number}", str(number))
        assert (said["userId"], said["userName"]) == ("b1", "Bob")
    authors = await in_database(lambda: {each.author_id for each in Message.objects.all()})
    assert authors == {bob.id}
    for tab in tabs:
        await tab.ask("left")
    visitor = await enter()
    assert (await visitor.come("b1", "Bob"))["code"] == TAKEN


async def test_an_id_that_was_lost_ends_the_stay(enter: Enter, hub: Hub) -> None:
    """Should a process not have answered in time."""
    ada = await enter("a1", "Ada")
    conversation = conversation_of(hub)
    await conversation.remove_lost()
    assert conversation.sessions
    await in_database(LobbyIdentity.objects.update, holder=None)
    await conversation.remove_lost()
    assert not conversation.sessions
    assert (await ada.say("b1", "Ada", "As somebody else"))["status"] == "ok"


# Limits


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"userId": ""}, "userId"),
        ({"userId": "x" * 65}, "userId"),
        ({"userId": "a\u0000b"}, "userId"),
        ({"userId": True}, "userId"),
        ({"userName": ""}, "userName"),
        ({"userName": "x" * 81}, "userName"),
        ({"userName": "\u202e"}, "userName"),
        ({"messageBody": " "}, "messageBody"),
        ({"messageBody": "x" * 2001}, "messageBody"),
        ({"timeStamp": "x" * 101}, "timeStamp"),
        ({"timeStamp": True}, "timeStamp"),
        ({"extra": 1}, "extra"),
    ],
)
async def test_a_message_that_is_not_valid_is_refused_in_words(
    enter: Enter, fields: dict[str, Any], field: str
) -> None:
    client = await enter()
    body = {"userId": "a1", "userName": "Ada", "messageBody": "Hi", "timeStamp": "9", **fields}
    refusal = await client.ask("message", body)
    assert (refusal["code"], refusal["errors"][0]["field"]) == ("validation", field)
    assert await in_database(User.objects.filter(is_guest=True).count) == 0


async def test_guests_are_created_within_the_general_limit(enter: Enter, limited: Settings) -> None:
    limited.RATE_LIMIT_MAX_REQUESTS = 2
    # One that does not end meanwhile.
    limited.RATE_LIMIT_WINDOW_SECONDS = 10**9
    client = await enter()
    commands = [("join", {"userId": f"a{number}", "userName": "Ada"}) for number in range(3)]
    assert await codes_of(client, *commands) == ["ok", "ok", "rate_limited"]


async def test_somebody_who_is_banned_can_neither_write_nor_join(
    enter: Enter, staff: User, hub: Hub
) -> None:
    ada, grace = await enter("a1", "Ada"), await enter("g1", "Grace")
    await ada.people("Ada", "Grace")
    room = await lobby_room()
    identity = await in_database(LobbyIdentity.objects.get, client_id="g1")
    await in_database(
        moderate_member,
        actor=actor_of(staff),
        room_id=room.id,
        user_id=identity.user_id,
        change=MemberChange(is_banned=True),
    )
    await grace.payload("roomLeft", roomId=str(room.id))
    assert (await grace.say("g1", "Grace", "Hello?"))["code"] == "room.banned"
    assert (await grace.come("g1", "Grace"))["code"] == "room.banned"
    await ada.people("Ada")


async def test_a_suspended_guest_is_disconnected(enter: Enter, staff: User, hub: Hub) -> None:
    await enter("a1", "Ada")
    [connection] = hub.connections
    guest = await in_database(User.objects.get, is_guest=True)
    await in_database(suspend_user, actor=actor_of(staff), user_id=guest.id, reason="Spam")
    await eventually(lambda: connection.is_closing)
    client = await enter()
    assert (await client.come("a1", "Ada"))["code"] == "account.suspended"
