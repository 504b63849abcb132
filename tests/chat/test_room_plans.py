"""How many rows reading rooms takes on PostgreSQL: as many as are shown, however many there are."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from apikit.ids import new_id
from chat.memberships import join_room
from chat.message_selectors import Place, list_messages_for
from chat.models import Message, Room, RoomKind
from chat.rooms import create_room
from chat.selectors import RoomFilter, list_rooms_for, view_rooms
from tests.chat.rooms import post
from tests.conftest import actor_of

pytestmark = [pytest.mark.services, pytest.mark.django_db]

MANY = 3_000
# Far fewer than there are, and far more than are shown.
FEW = 300


def rows_read_by(read: Callable[[], Any]) -> int:
    """The rows that PostgreSQL reads for ``read``."""
    before = _rows_read()
    read()
    return _rows_read() - before


def _rows_read() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables"
        )
        return int(cursor.fetchone()[0])


def analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE chat_room, chat_membership, chat_message")


@pytest.fixture
def room(alice: User, bob: User) -> Room:
    """A group in which many messages were written."""
    room = create_room(actor=actor_of(alice), name="Kitchen", is_open=True)
    join_room(actor=actor_of(bob), room_id=room.id)
    now = timezone.now()
    Message.objects.bulk_create(
        Message(
            room=room, seq=seq, created_revision=seq, revision=seq, author=alice, created_at=now
        )
        for seq in range(1, MANY + 1)
    )
    Room.objects.filter(id=room.id).update(last_seq=MANY, revision=MANY)
    return room


def test_the_list_of_rooms_does_not_read_the_rooms_of_polls(room: Room, bob: User) -> None:
    now = timezone.now()
    Room.objects.bulk_create(
        Room(kind=RoomKind.POLL, poll_id=new_id(), created_at=now, updated_at=now)
        for _ in range(MANY)
    )
    analyze()
    actor = actor_of(bob)

    def read() -> None:
        rooms = list_rooms_for(actor, RoomFilter())
        assert rooms.count() == 1
        [view] = view_rooms(list(rooms[:10]), actor)
        assert view.unread_count == MANY

    assert rows_read_by(read) < FEW


def test_a_page_of_messages_reads_only_that_page(room: Room, bob: User) -> None:
    post(bob, room, "Hello!")
    analyze()
    for place in (Place(20), Place(20, before=MANY // 2), Place(20, after=MANY // 2)):
        read = partial(list_messages_for, actor_of(bob), room.id, place)
        assert rows_read_by(read) < FEW, place
