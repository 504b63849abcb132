"""Rooms over sockets: joining, resuming, posting, typing, and losing access."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from accounts.models import User
from chat import access, live, live_messages, log, memberships
from chat.live_messages import MAX_TYPING_MEMBERS
from chat.log import PAGE
from chat.models import Membership, Message, Room
from chat.project_rooms import open_project_room
from chat.rooms import open_lobby, open_poll_room
from chat.services import delete_message, edit_message, post_message, toggle_reaction
from chat.topics import room_topic
from polls.services import close_poll, delete_poll, hide_poll
from realtime.convergence import PERIODIC_TASKS
from realtime.database import in_database
from realtime.hub import Hub
from realtime.presence import Presence
from tests.chat.rooms import make_project
from tests.conftest import MakePoll, actor_of
from tests.realtime.conftest import Connect, eventually
from tests.sockets import SocketClient
from workspaces.members import change_role, remove_member
from workspaces.permissions import Role
from workspaces.projects import delete_project

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]


async def post(user: User, room: Room, body: str = "Hello", **fields: Any) -> Message:
    posted = await in_database(
        post_message, actor=actor_of(user), room_id=room.id, body=body, **fields
    )
    return await in_database(Message.objects.get, id=posted.message.id)


async def join(client: SocketClient, room_id: UUID, **fields: Any) -> dict[str, Any]:
    reply = await client.call("join-room", roomId=room_id, **fields)
    assert reply["type"] == "reply", reply
    return reply


def bodies(messages: list[dict[str, Any]]) -> list[tuple[int, str]]:
    return [(each["seq"], each["body"]) for each in messages]


# Joining


async def test_a_join_replies_the_newest_messages_and_later_ones_follow(
    alice: User, bob: User, room: Room, connect: Connect
) -> None:
    for text in ("one", "two"):
        await post(alice, room, text)
    client = await connect(bob)
    joined = await join(client, room.id)
    assert bodies(joined["messages"]) == [(1, "one"), (2, "two")]
    assert (joined["revision"], joined["lastSeq"], joined["reset"]) == (2, 2, True)
    assert (joined["canPost"], joined["canModerate"]) == (True, False)
    await post(alice, room, "three")
    event = await client.event("message")
    assert (event["revision"], event["roomId"]) == (3, str(room.id))
    assert bodies([event["message"]]) == [(3, "three")]


async def test_the_newest_page_is_bounded(alice: User, room: Room, connect: Connect) -> None:
    for number in range(PAGE + 2):
        await post(alice, room, str(number))
    joined = await join(await connect(alice), room.id)
    assert [each["seq"] for each in joined["messages"]] == list(range(3, PAGE + 3))


async def test_a_client_resumes_by_revision_with_everything_that_changed(
    alice: User, room: Room, connect: Connect
) -> None:
    first, second = [await post(alice, room, text) for text in ("one", "two")]
    await post(alice, room, "three")
    await in_database(edit_message, actor=actor_of(alice), message_id=first.id, body="uno")
    await in_database(delete_message, actor=actor_of(alice), message_id=second.id)
    client = await connect(alice)
    joined = await join(client, room.id, revision=2)
    assert not joined["reset"]
    assert bodies(joined["messages"]) == [(1, "uno"), (2, ""), (3, "three")]
    assert joined["revision"] == 5
    assert (await join(client, room.id, revision=5))["messages"] == []
    by_seq = await join(client, room.id, since=2)
    assert bodies(by_seq["messages"]) == [(3, "three")]


async def test_a_client_that_missed_too_much_starts_again(
    alice: User, room: Room, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So does one that names what has not happened, such as after a restored backup."""
    monkeypatch.setattr("chat.log.MAX_ENTRIES", 2)
    for number in range(3):
        await post(alice, room, str(number))
    client = await connect(alice)
    for fields, is_reset in (
        ({"revision": 0}, True),
        ({"revision": 1}, False),
        ({"revision": 4}, True),
        ({"since": 0}, True),
        ({"since": 1}, False),
        ({"since": 4}, True),
    ):
        joined = await join(client, room.id, **fields)
        assert (fields, joined["reset"]) == (fields, is_reset)
        assert len(joined["messages"]) == (3 if is_reset else 2)


async def test_a_message_posted_while_a_join_reads_is_sent_once(
    alice: User, room: Room, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the room was read, and before its messages are."""
    client = await connect(alice)
    check = access.check_read

    def post_and_check(granted: Any) -> None:
        monkeypatch.setattr(log, "check_read", check)
        post_message(actor=actor_of(alice), room_id=room.id, body="Hello")
        check(granted)

    monkeypatch.setattr(log, "check_read", post_and_check)
    joined = await join(client, room.id)
    seen = [each["seq"] for each in joined["messages"]]
    await post(alice, room, "Last")
    await client.event("message", revision=2)
    events = [frame for frame in client.seen if frame["type"] == "message"]
    assert [*seen, *(frame["message"]["seq"] for frame in events)] == [1]


async def test_concurrent_joins_share_their_reads(
    alice: User, bob: User, room: Room, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Although each has something else."""
    for number in range(3):
        await post(alice, room, str(number))
    clients = [await connect(user) for user in (alice, bob) * 4]
    counted: list[int] = []
    read = log.read_snapshots

    def count(joiners: Any, room_id: UUID) -> Any:
        counted.append(len(joiners))
        return read(joiners, room_id)

    monkeypatch.setattr(live, "read_snapshots", count)
    joined = await asyncio.gather(
        *(join(client, room.id, revision=n % 4) for n, client in enumerate(clients))
    )
    assert sum(counted) <= len(clients)
    assert len(counted) <= 3
    for number, reply in enumerate(joined):
        assert [each["seq"] for each in reply["messages"]] == list(range(1 + number % 4, 4))


async def test_a_stranger_cannot_tell_a_room_from_a_missing_one(
    charlie: User, room: Room, connect: Connect
) -> None:
    refusals = []
    for user in (charlie, None):
        client = await connect(user)
        for room_id in (room.id, UUID(int=0)):
            for command, fields in (
                ("join-room", {}),
                ("mark-read", {"seq": 1}),
                ("send-message", {"body": "Hello"}),
            ):
                error = await client.call(command, roomId=room_id, **fields)
                assert error["type"] == "error"
                refusals.append((user, command, error["code"]))
    assert {code for user, _, code in refusals if user is charlie} == {"room.not_found"}
    assert {code for user, command, code in refusals if command == "join-room"} == {
        "room.not_found"
    }


async def test_leaving_ends_the_events(alice: User, room: Room, connect: Connect) -> None:
    client = await connect(alice)
    await join(client, room.id)
    await client.call("leave-room", roomId=room.id)
    await post(alice, room)
    assert "message" not in await client.names_seen()


async def test_lost_events_are_read_from_the_database(
    alice: User, room: Room, connect: Connect, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every kind of entry, as clients see them that got the events."""
    first = await post(alice, room, "one")
    client = await connect(alice)
    await join(client, room.id)
    for module in ("chat.writer", "chat.services"):
        monkeypatch.setattr(f"{module}.publish", lambda _topic, _event: None)
    reply = await post(alice, room, "reply", parent_id=first.id)
    await in_database(edit_message, actor=actor_of(alice), message_id=first.id, body="uno")
    await in_database(toggle_reaction, actor=actor_of(alice), message_id=first.id, emoji="👍")
    await in_database(delete_message, actor=actor_of(alice), message_id=reply.id)
    await hub.logs.read_heads()
    posted = await client.event("message")
    assert (posted["revision"], posted["message"]["body"]) == (2, "")
    assert posted["thread"]["replyCount"] == 0
    edited = await client.event("message-edited")
    assert (edited["revision"], edited["message"]["body"]) == (4, "uno")
    assert edited["message"]["reactions"][0]["emoji"] == "👍"
    deleted = await client.event("message-deleted")
    assert (deleted["revision"], deleted["message"]["id"]) == (5, str(reply.id))


# Writing


async def test_a_message_is_acknowledged_and_sent_to_everybody(
    alice: User, bob: User, room: Room, connect: Connect
) -> None:
    author, reader = await connect(bob), await connect(alice)
    for client in (author, reader):
        await join(client, room.id)
    replies = [
        await author.call("send-message", roomId=room.id, body="Hello", key="k") for _ in range(2)
    ]
    assert [each["replayed"] for each in replies] == [False, True]
    for client in (author, reader):
        assert (await client.event("message"))["message"] == replies[0]["message"]
        assert "message" not in await client.names_seen()


async def test_a_card_carries_its_poll(
    alice: User, room: Room, connect: Connect, make_poll: MakePoll
) -> None:
    poll = await in_database(make_poll)
    client = await connect(alice)
    await join(client, room.id)
    await client.call("send-message", roomId=room.id, body="Vote!", pollId=poll.id)
    event = await client.event("message")
    assert event["poll"]["question"] == poll.question
    assert event["message"]["pollId"] == str(poll.id)
    [head] = (await join(client, room.id))["polls"]
    assert head == event["poll"]


async def test_a_visitor_reads_the_lobby_and_posts_nothing(guest: User, connect: Connect) -> None:
    lobby = await in_database(open_lobby)
    visitor, writer = await connect(), await connect(guest)
    joined = await join(visitor, lobby.id)
    assert not joined["canPost"]
    await writer.call("send-message", roomId=lobby.id, body="Hello")
    assert (await visitor.event("message"))["message"]["author"]["isGuest"]
    for command, fields in (
        ("send-message", {"body": "x"}),
        ("typing", {}),
        ("mark-read", {"seq": 1}),
    ):
        error = await visitor.call(command, roomId=lobby.id, **fields)
        assert error["code"] == "auth.required"


async def test_marking_as_read_moves_forward_only(
    alice: User, bob: User, room: Room, connect: Connect
) -> None:
    for _ in range(3):
        await post(alice, room)
    client = await connect(bob)
    for seq, last_read in ((2, 2), (1, 2), (9, 3)):
        reply = await client.call("mark-read", roomId=room.id, seq=seq)
        assert (reply["lastReadSeq"], reply["unreadCount"]) == (last_read, 3 - last_read)


# Typing


async def test_typing_is_shown_to_the_others_and_conflated(
    alice: User, bob: User, room: Room, connect: Connect
) -> None:
    typist, other_device, reader = await connect(bob), await connect(bob), await connect(alice)
    for client in (typist, other_device, reader):
        await join(client, room.id)
    for _ in range(5):
        assert (await typist.call("typing", roomId=room.id))["type"] == "reply"
    event = await reader.event("typing")
    assert (event["user"]["id"], event["expiresInMs"]) == (str(bob.id), 10_000)
    for client in (typist, other_device, reader):
        assert "typing" not in await client.names_seen()


async def test_typing_wants_a_joined_room_and_the_right_to_write(
    alice: User, bob: User, room: Room, connect: Connect
) -> None:
    typist, reader = await connect(bob), await connect(alice)
    await join(reader, room.id)
    assert (await typist.call("typing", roomId=room.id))["code"] == "room.not_joined"
    await join(typist, room.id)
    await in_database(Room.objects.filter(id=room.id).update, is_announcement_only=True)
    assert (await typist.call("typing", roomId=room.id))["type"] == "reply"
    assert "typing" not in await reader.names_seen()


async def test_typing_is_off_in_large_rooms(
    alice: User, bob: User, room: Room, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Presence, "count", lambda _self, _topic: MAX_TYPING_MEMBERS + 1)
    typist, reader = await connect(bob), await connect(alice)
    for client in (typist, reader):
        await join(client, room.id)
    await typist.call("typing", roomId=room.id)
    assert "typing" not in await reader.names_seen()


async def test_typing_is_forgotten(alice: User, room: Room, connect: Connect, hub: Hub) -> None:
    """What limits it takes no memory for long."""
    client = await connect(alice)
    await join(client, room.id)
    await client.call("typing", roomId=room.id)
    assert live_messages._shown[hub]
    for key in live_messages._shown[hub]:
        live_messages._shown[hub][key] -= live_messages.TYPING_INTERVAL_S
    await live_messages.forget_typing(hub)
    assert not live_messages._shown[hub]


# Losing access


async def test_somebody_who_is_removed_is_unsubscribed_at_once(
    alice: User, bob: User, room: Room, connect: Connect
) -> None:
    removed, owner = await connect(bob), await connect(alice)
    for client in (removed, owner):
        await join(client, room.id)
    await in_database(
        memberships.remove_member, actor=actor_of(alice), room_id=room.id, user_id=bob.id
    )
    assert (await removed.event("room-left"))["roomId"] == str(room.id)
    await post(alice, room)
    await owner.event("message")
    assert "message" not in await removed.names_seen()
    assert "room-left" not in await owner.names_seen()


@pytest.mark.usefixtures("_without_rechecks")
async def test_somebody_who_is_removed_from_a_project_is_unsubscribed_from_its_room_at_once(
    alice: User, bob: User, charlie: User, room: Room, connect: Connect
) -> None:
    """Not from others, and nobody else."""
    roles = {bob: Role.COLLABORATOR, charlie: Role.COLLABORATOR}
    project = await in_database(make_project, alice, roles)
    of_project = await in_database(open_project_room, actor=actor_of(alice), project_id=project.id)
    removed, demoted = await connect(bob), await connect(charlie)
    for client in (removed, demoted):
        await join(client, of_project.id)
    await join(removed, room.id)
    own: dict[str, Any] = {"actor": actor_of(alice), "project_id": project.id}
    await in_database(change_role, user_id=charlie.id, role=Role.VIEWER, **own)
    await in_database(remove_member, user_id=bob.id, **own)
    assert (await removed.event("room-left"))["roomId"] == str(of_project.id)
    await post(alice, of_project)
    await demoted.event("message")
    await post(alice, room)
    assert (await removed.event("message"))["roomId"] == str(room.id)
    assert "room-left" not in await demoted.names_seen()
    assert "room-left" not in await removed.names_seen()


@pytest.mark.usefixtures("_without_rechecks")
async def test_a_deleted_project_takes_the_readers_of_its_room_away(
    alice: User, staff: User, connect: Connect
) -> None:
    project = await in_database(make_project, alice, {})
    room = await in_database(open_project_room, actor=actor_of(alice), project_id=project.id)
    clients = [await connect(alice), await connect(staff)]
    for client in clients:
        await join(client, room.id)
    await in_database(delete_project, actor=actor_of(alice), project_id=project.id)
    for client in clients:
        await client.event("room-left")


@pytest.mark.parametrize("action", [hide_poll, delete_poll])
async def test_a_poll_that_disappears_takes_its_readers_away(
    alice: User, charlie: User, staff: User, connect: Connect, make_poll: MakePoll, action: Any
) -> None:
    poll = await in_database(make_poll)
    room = await in_database(open_poll_room, actor=actor_of(charlie), poll_id=poll.id)
    visitor, reader, creator = await connect(), await connect(charlie), await connect(alice)
    for client in (visitor, reader, creator):
        await join(client, room.id)
    fields = {"reason": "spam"} if action is hide_poll else {}
    await in_database(action, actor=actor_of(staff), poll_id=poll.id, **fields)
    for client in (visitor, reader):
        await client.event("room-left")
        assert (await client.call("join-room", roomId=room.id))["code"] == "room.not_found"
    if action is delete_poll:
        await creator.event("room-left")
    else:
        assert "room-left" not in await creator.names_seen()


@pytest.fixture
def _without_rechecks(monkeypatch: pytest.MonkeyPatch) -> None:
    """For hubs that start later: what a lost event would leave to the next check."""
    name = f"{live.__name__}.{live.dismiss_again.__name__}"
    monkeypatch.delitem(PERIODIC_TASKS, name)


@pytest.mark.usefixtures("_without_rechecks")
async def test_access_that_ends_during_a_join_ends_the_subscription(
    alice: User, bob: User, room: Room, connect: Connect, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await connect(bob)
    read = log.read_snapshots

    def read_and_remove(joiners: Any, room_id: UUID) -> Any:
        snapshots = read(joiners, room_id)
        memberships.remove_member(actor=actor_of(alice), room_id=room_id, user_id=bob.id)
        return snapshots

    monkeypatch.setattr(live, "read_snapshots", read_and_remove)
    await join(client, room.id)
    await client.event("room-left")
    await eventually(lambda: room_topic(room.id) not in hub.topics)


async def test_lost_access_is_noticed_although_its_event_was_lost(
    bob: User, room: Room, connect: Connect, hub: Hub
) -> None:
    client = await connect(bob)
    await join(client, room.id)
    own = Membership.objects.filter(room=room, user=bob)
    await in_database(own.update, banned_at=timezone.now())
    [task] = [task for task in PERIODIC_TASKS.values() if task.run is live.dismiss_again]
    await task.run(hub)
    await client.event("room-left")


async def test_a_poll_announces_in_its_room(
    alice: User, connect: Connect, make_poll: MakePoll
) -> None:
    poll = await in_database(make_poll)
    room = await in_database(open_poll_room, actor=actor_of(alice), poll_id=poll.id)
    client = await connect()
    await join(client, room.id)
    await in_database(close_poll, actor=actor_of(alice), poll_id=poll.id)
    texts = [(await client.event("message"))["message"] for _ in range(2)]
    assert [each["kind"] for each in texts] == ["system", "system"]
    assert texts[1]["body"].startswith("Final tally: Tea 0")
