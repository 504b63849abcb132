"""Fixtures: a room in which alice is the owner and bob a member, and messages in it."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from chat.drafts import PostedMessage
from chat.models import Membership, Message, Room
from chat.rooms import create_room
from chat.services import post_message
from realtime.hub import Hub
from tests.chat.lobby_clients import ADDRESS, Enter, LobbyClient
from tests.conftest import actor_of
from tests.realtime.conftest import connect, hub  # noqa: F401 - fixtures

Say = Callable[..., PostedMessage]


def add_member(room: Room, user: User) -> Membership:
    """Makes somebody a member."""
    now = timezone.now()
    Room.objects.filter(id=room.id).update(member_count=F("member_count") + 1)
    return Membership.objects.create(room=room, user=user, joined_at=now, created_at=now)


@pytest.fixture
def room(alice: User, bob: User) -> Room:
    room = create_room(actor=actor_of(alice), name="Kitchen")
    add_member(room, bob)
    return room


@pytest.fixture
def say(room: Room) -> Say:
    """Posts a message in the room."""

    def post(user: User, body: str = "Hello", **fields: Any) -> PostedMessage:
        return post_message(**{"actor": actor_of(user), "room_id": room.id, "body": body, **fields})

    return post


def stored(room: Room) -> list[tuple[int, str]]:
    """The (seq, text) pairs of a room."""
    return list(Message.objects.filter(room=room).order_by("seq").values_list("seq", "body"))


@pytest.fixture
async def enter(hub: Hub) -> AsyncIterator[Enter]:  # noqa: F811 - a fixture
    """Connects a client, which joins the lobby if it gets an id and a name."""
    clients: list[LobbyClient] = []

    async def connect_client(
        user_id: str = "", name: str = "", *, token: str | None = None, address: str = ADDRESS
    ) -> LobbyClient:
        client = await LobbyClient(address=address).open()
        clients.append(client)
        await client.packet()
        client.start_reading()
        await client.send_text("40" + (json.dumps({"token": token}) if token else ""))
        await client.find(lambda each: each["type"] == "connect")
        if user_id:
            reply = await client.come(user_id, name)
            assert reply["status"] == "ok", reply
        return client

    yield connect_client
    for client in clients:
        await client.close()
