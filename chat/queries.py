"""The prepared queries of the ledger, with SQL for PostgreSQL where the ORM cannot express them."""

from collections.abc import Sequence
from uuid import UUID

from django.db import connection
from django.db.models import FilteredRelation, Q

from accounts.models import TokenFamily, User
from apikit.postgres.prepared import PreparedQuery
from chat.models import Membership, Message, Room

AUTHOR_COLUMNS = ("id", "name", "is_guest", "is_active", "is_staff")
# Those that the rules need.
MEMBERSHIP_COLUMNS = (
    "id",
    "room_id",
    "role",
    "joined_at",
    "invited_at",
    "muted_until",
    "banned_at",
    "last_posted_at",
    "created_at",
)

# Locked by id, so that processes cannot deadlock.
LOCKED_ROOMS = PreparedQuery(
    lambda room_ids: Room.objects.select_for_update().filter(id__any_of=room_ids).order_by("id")
)
# Takes (room, author, token family) triples. Returns a row per triple: the author, the family if it
# is live, and the author's membership in the room, if any. The ORM's query for SQLite returns the
# authors' memberships in all rooms of the batch.
#
# Authors are locked by id; a suspension takes the same lock, so no message slips past it.
# Memberships need no lock of their own, because they are written under the lock of the room.
#
# The second column of the order makes sorting unavoidable. With the first alone, the plan reads all
# users by their index, because plans of the writer avoid sorting (apikit.postgres.pipelining).
LOCKED_AUTHORS = PreparedQuery(
    lambda room_ids, author_ids, family_ids: (
        User.objects.filter(id__any_of=author_ids)
        .annotate(
            membership=FilteredRelation(
                "room_memberships", condition=Q(room_memberships__room__any_of=room_ids)
            ),
            family=FilteredRelation(
                "token_families",
                condition=Q(
                    token_families__id__any_of=family_ids, token_families__revoked_at__isnull=True
                ),
            ),
        )
        .order_by("id")
        .values_list(
            *AUTHOR_COLUMNS, "family__id", *(f"membership__{name}" for name in MEMBERSHIP_COLUMNS)
        )
    ),
    on_postgresql=f"""
        SELECT {", ".join(f"author.{name}" for name in AUTHOR_COLUMNS)}, family.id,
            {", ".join(f"membership.{name}" for name in MEMBERSHIP_COLUMNS)}
        FROM unnest(%s::uuid[], %s::uuid[], %s::uuid[]) AS draft (room_id, author_id, family_id)
        JOIN {User._meta.db_table} AS author ON author.id = draft.author_id
        LEFT JOIN LATERAL (
            SELECT id FROM {TokenFamily._meta.db_table}
            WHERE id = draft.family_id AND user_id = author.id AND revoked_at IS NULL
        ) AS family ON true
        LEFT JOIN {Membership._meta.db_table} AS membership
            ON membership.room_id = draft.room_id AND membership.user_id = author.id
        ORDER BY author.id, draft.room_id
        FOR NO KEY UPDATE OF author
    """,  # noqa: S608 - names of ours
)

# For each draft one lookup in the unique index; a plain condition may read all messages of a room.
_REPEATED = f"""
    SELECT message.id
    FROM unnest(%s::uuid[], %s::uuid[], %s::text[]) AS draft (room_id, author_id, key)
    CROSS JOIN LATERAL (
        SELECT id FROM {Message._meta.db_table}
        WHERE room_id = draft.room_id AND author_id = draft.author_id AND key = draft.key
    ) AS message
"""  # noqa: S608 - a name of ours


def find_by_keys(keys: Sequence[tuple[UUID, UUID, str]]) -> list[UUID]:
    """Returns the messages with these rooms, authors and idempotency keys; one query."""
    rooms, authors, texts = (list(column) for column in zip(*keys, strict=True))
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(_REPEATED, [rooms, authors, texts])
            return [message_id for (message_id,) in cursor.fetchall()]
    found = Message.objects.filter(room__in=rooms, author__in=authors, key__in=texts)
    wanted = set(keys)
    return [
        message_id
        for message_id, *key in found.values_list("id", "room_id", "author_id", "key")
        if tuple(key) in wanted
    ]
