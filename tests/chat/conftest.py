"""Fixtures: a room in which alice is the owner and bob a member, and messages in it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from chat.drafts import PostedMessage
from chat.models import Membership, Message, Room
from chat.rooms import create_room
from chat.services import post_message
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
