"""How many rows posting takes on PostgreSQL, with the cached plans of the message writer.

As many as are needed, however many messages and members the room has.
"""

import threading
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from apikit.ids import new_id
from apikit.postgres.dedicated_connection import use_dedicated_connection
from chat import ledger, rows
from chat.drafts import Draft
from chat.models import Membership, Message, Room

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]

MANY = 3_000
# The room, the author with their membership, a parent, and what the key is compared with; a few
# index entries more. Far fewer than there are.
MOST_ROWS = 30
# From so many times on, the server uses one plan for whatever a statement is given, if not before.
TIMES_UNTIL_PLANNED = 8


def rows_read() -> int:
    """Rows that this connection has read in the current transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables"
        )
        return int(cursor.fetchone()[0])


def fill(room: Room) -> None:
    """Adds members with a message each."""
    now = timezone.now()
    crowd = User.objects.bulk_create(
        User(name=f"Member {number}", email=f"{number}@example.org") for number in range(MANY)
    )
    Membership.objects.bulk_create(
        Membership(room=room, user=user, joined_at=now, created_at=now) for user in crowd
    )
    Message.objects.bulk_create(
        Message(
            room=room,
            seq=seq,
            created_revision=seq,
            revision=seq,
            author=user,
            key=f"key {seq}",
            created_at=now,
        )
        for seq, user in enumerate(crowd, start=1)
    )
    Room.objects.filter(id=room.id).update(last_seq=MANY, revision=MANY)


def test_posting_reads_few_rows(bob: User, room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(room)
    parent = Message.objects.order_by("seq")[MANY // 2]
    counts: list[int] = []
    save = rows.save

    lock = rows.lock_rooms
    before: list[int] = []

    def count_and_lock(room_ids: Any) -> Any:
        before.append(rows_read())
        return lock(room_ids)

    def count_and_save(*args: Any) -> None:
        # The statistics of earlier transactions may not be flushed yet.
        counts.append(rows_read() - before[-1])
        save(*args)

    monkeypatch.setattr(rows, "lock_rooms", count_and_lock)
    monkeypatch.setattr(rows, "save", count_and_save)

    def post() -> None:
        use_dedicated_connection()
        try:
            for _ in range(TIMES_UNTIL_PLANNED):
                ledger.record(
                    [
                        Draft(
                            room_id=room.id,
                            author_id=bob.id,
                            body="Hello",
                            parent_id=parent.id,
                            key=str(new_id()),
                        )
                    ]
                )
        finally:
            connection.close()

    thread = threading.Thread(target=post)
    thread.start()
    thread.join()
    assert len(counts) == TIMES_UNTIL_PLANNED
    assert max(counts) <= MOST_ROWS, counts
