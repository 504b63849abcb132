"""Every frame about rooms matches the AsyncAPI document."""

from typing import Any

import pytest

from accounts.models import User
from chat import live, live_messages
from chat.memberships import remove_member
from chat.models import Room
from chat.services import delete_message, edit_message
from realtime.commands import COMMANDS
from realtime.database import in_database
from realtime.events import EVENTS, ProcessEvent
from tests.conftest import MakePoll, actor_of
from tests.realtime.conftest import Connect
from tests.realtime.test_described_frames import assert_described

pytestmark = pytest.mark.django_db(transaction=True)

OF_ROOMS = [
    name
    for name, command in COMMANDS.items()
    if command.handler.__module__ in {live.__name__, live_messages.__name__}
]


async def test_the_reply_to_every_command(
    bob: User, room: Room, connect: Connect, make_poll: MakePoll
) -> None:
    poll = await in_database(make_poll)
    client = await connect(bob)
    bodies: dict[str, dict[str, Any]] = {
        "send-message": {"body": "@Alice Tea?", "pollId": poll.id, "key": "k"},
        "join-room": {},
        "typing": {},
        "mark-read": {"seq": 1},
        "leave-room": {},
    }
    assert set(bodies) == set(OF_ROOMS)
    for command, body in bodies.items():
        reply = await client.call(command, roomId=room.id, **body)
        assert_described(reply, f"reply.{command}")


@pytest.mark.parametrize("command", OF_ROOMS)
async def test_an_error_of_every_command(bob: User, connect: Connect, command: str) -> None:
    client = await connect(bob)
    assert_described(await client.call(command, nonsense=1), f"error.{command}")


async def test_a_refusal_with_the_time_to_wait(bob: User, room: Room, connect: Connect) -> None:
    await in_database(Room.objects.filter(id=room.id).update, slow_mode_s=60)
    client = await connect(bob)
    for _ in range(2):
        answer = await client.call("send-message", roomId=room.id, body="Hello")
    assert answer["code"] == "room.slow_mode"
    assert 0 < answer["retryAfterSeconds"] <= 60
    assert_described(answer, "error.send-message")


async def test_every_event(
    alice: User, bob: User, room: Room, connect: Connect, make_poll: MakePoll
) -> None:
    poll = await in_database(make_poll)
    watcher, writer = await connect(bob), await connect(alice)
    for client in (watcher, writer):
        await client.call("join-room", roomId=room.id)
    expected = set()

    async def expect(name: str) -> None:
        expected.add(name)
        assert_described(await watcher.event(name), f"event.{name}")

    await writer.call("typing", roomId=room.id)
    await expect("typing")
    sent = await writer.call("send-message", roomId=room.id, body="Tea?", pollId=poll.id)
    await expect("message")
    message_id = sent["message"]["id"]
    sent = await writer.call("send-message", roomId=room.id, body="Yes", parentId=message_id)
    await expect("message")
    reply_id, actor = sent["message"]["id"], actor_of(alice)
    await in_database(edit_message, actor=actor, message_id=reply_id, body="No")
    await expect("message-edited")
    await in_database(delete_message, actor=actor, message_id=reply_id)
    await expect("message-deleted")
    await in_database(remove_member, actor=actor, room_id=room.id, user_id=bob.id)
    await expect("room-left")
    assert expected == {
        name
        for name, event in EVENTS.items()
        if event.__module__ == "chat.events" and not issubclass(event, ProcessEvent)
    }
