"""Whoever loses access to a room over REST or in the admin also loses its events, at once."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from chat import evictions
from chat.events import RoomAccessChanged
from chat.memberships import join_room
from chat.models import Room
from chat.rooms import create_room, hide_room
from chat.topics import room_topic
from tests.conftest import ClientFor, actor_of

pytestmark = pytest.mark.django_db(transaction=True)

Published = list[tuple[str, RoomAccessChanged]]


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> Published:
    published: Published = []
    monkeypatch.setattr(evictions, "publish", lambda *sent: published.append(sent))
    return published


@pytest.fixture
def kitchen(alice: User, bob: User) -> Room:
    room = create_room(actor=actor_of(alice), name="Kitchen", is_open=True)
    join_room(actor=actor_of(bob), room_id=room.id)
    return room


LOSSES: dict[str, Callable[[Any, Any, str, str], Any]] = {
    "a ban": lambda owner, _, room, member: owner.put(f"{room}{member}", {"isBanned": True}),
    "removal": lambda owner, _, room, member: owner.delete(f"{room}{member}"),
    "leaving": lambda _, own, room, _member: own.delete(f"{room}/leave"),
}


@pytest.mark.parametrize("loss", LOSSES)
def test_the_sockets_of_a_former_member_are_checked(
    kitchen: Room, alice: User, bob: User, client_for: ClientFor, published: Published, loss: str
) -> None:
    room, member = f"/api/rooms/{kitchen.id}", f"/members/{bob.id}"
    answer = LOSSES[loss](client_for(alice), client_for(bob), room, member)
    assert answer.status_code == 200
    concerned = RoomAccessChanged(room_id=kitchen.id, user_ids=frozenset({bob.id}))
    assert published == [(room_topic(kitchen.id), concerned)]


@pytest.mark.parametrize("loss", ["deletion", "hiding"])
def test_all_sockets_of_a_room_that_is_gone_are_checked(
    kitchen: Room,
    alice: User,
    staff: User,
    client_for: ClientFor,
    published: Published,
    loss: str,
) -> None:
    if loss == "deletion":
        client_for(alice).delete(f"/api/rooms/{kitchen.id}")
    else:
        hide_room(actor=actor_of(staff), room_id=kitchen.id, reason="spam")
    everybody = RoomAccessChanged(room_id=kitchen.id, user_ids=None)
    assert published == [(room_topic(kitchen.id), everybody)]
