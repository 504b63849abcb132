"""Deleted rooms, and rooms of deleted polls: invisible at once, removed in chunks."""

import pytest
from django.db.models import Model
from django.utils import timezone

from accounts.models import User
from chat import removal
from chat.memberships import join_room
from chat.models import (
    Membership,
    Mention,
    Message,
    MessageEdit,
    Reaction,
    Room,
    ThreadFollow,
)
from chat.removal import prune_deleted_rooms
from chat.rooms import create_room, delete_room, open_poll_room
from chat.services import delete_message, edit_message, set_reaction
from polls.models import Poll
from polls.removal import remove_chunk
from polls.services import delete_poll
from tests.chat.rooms import post
from tests.conftest import ClientFor, MakePoll, actor_of

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]

MODELS: list[type[Model]] = [
    Membership, Mention, Message, MessageEdit, Reaction, Room, ThreadFollow,
]  # fmt: skip


def fill(room: Room, author: User, other: User) -> None:
    """Every kind of row."""
    join_room(actor=actor_of(author), room_id=room.id)
    join_room(actor=actor_of(other), room_id=room.id)
    first = post(author, room, f"@{other.name} hello!")
    for number in range(4):
        reply = post(other, room, f"Reply {number}", first.id)
        set_reaction(actor=actor_of(author), message_id=reply.id, emoji="👍", is_on=True)
    edit_message(actor=actor_of(author), message_id=first.id, body="Hello again!")
    delete_message(actor=actor_of(other), message_id=reply.id)
    assert all(model._default_manager.exists() for model in MODELS)


def rows() -> int:
    return sum(model._default_manager.count() for model in MODELS)


def test_the_room_of_a_deleted_poll_is_removed_in_chunks(
    alice: User, bob: User, make_poll: MakePoll, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("polls.removal.CHUNK_ROWS", 2)
    poll, other = make_poll(), make_poll()
    room = open_poll_room(actor=actor_of(bob), poll_id=poll.id)
    kept = open_poll_room(actor=actor_of(bob), poll_id=other.id)
    fill(room, alice, bob)
    delete_poll(actor=actor_of(alice), poll_id=poll.id)
    before, chunks = rows(), 0
    while remove_chunk():
        assert before - rows() <= 2
        before, chunks = rows(), chunks + 1
    assert chunks > 5
    assert list(Room.objects.values_list("id", flat=True)) == [kept.id]
    assert rows() == 1
    assert Poll.objects.count() == 1


def test_the_room_of_a_deleted_poll_is_missing_at_once(
    alice: User, bob: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    poll = make_poll()
    room = open_poll_room(actor=actor_of(bob), poll_id=poll.id)
    join_room(actor=actor_of(bob), room_id=room.id)
    post(bob, room, "Hello!")
    delete_poll(actor=actor_of(alice), poll_id=poll.id)
    client = client_for(bob)
    for address in (f"/api/rooms/{room.id}", f"/api/messages/{room.id}"):
        assert client.get(address).json()["code"] == "room.not_found"
    sent = client.post("/api/messages", {"roomId": str(room.id), "body": "Hello?"})
    assert sent.json()["code"] == "room.not_found"
    assert client.get("/api/rooms").json()["pagination"]["totalCount"] == 0
    found = client.get("/api/messages/search", {"q": "hello"}).json()
    assert found["pagination"]["totalCount"] == 0


def test_a_deleted_room_is_removed_in_batches(
    alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(removal, "BATCH_ROWS", 2)
    room = create_room(actor=actor_of(alice), name="Kitchen", is_open=True)
    kept = create_room(actor=actor_of(alice), name="Garden")
    fill(room, alice, bob)
    delete_room(actor=actor_of(alice), room_id=room.id)
    before, batches = rows(), 0
    while prune_deleted_rooms("").position is not None:
        assert 0 < before - rows() <= 2
        before, batches = rows(), batches + 1
    assert batches > 5
    assert list(Room.objects.values_list("id", flat=True)) == [kept.id]
    assert rows() == 2


def test_marking_a_room_as_read_while_it_is_removed_finds_no_room(
    alice: User, bob: User, monkeypatch: pytest.MonkeyPatch, client_for: ClientFor
) -> None:
    room = create_room(actor=actor_of(alice), name="Kitchen", is_open=True)
    join_room(actor=actor_of(bob), room_id=room.id)
    Room.objects.filter(id=room.id).update(deleted_at=timezone.now())
    answer = client_for(bob).put(f"/api/rooms/{room.id}/read", {"seq": 1})
    assert answer.json()["code"] == "room.not_found"
