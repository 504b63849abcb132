"""Seeds the database of a baseline. Both have the same tables under different names."""

import time
import uuid
from dataclasses import dataclass

import jwt
import psycopg

from bench.contestants.base import Known, PollHandle, Setup

JWT_SECRET = "j" * 40
OPTIONS = ("One", "Two", "Three", "Four")
TOKEN_LIFETIME_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class BaselineTables:
    """The names of the tables."""

    users: str
    polls: str
    options: str
    votes: str

    @property
    def count_sql(self) -> str:
        return f"""
            SELECT count(v.id) FROM {self.options} o LEFT JOIN {self.votes} v ON v.option_id = o.id
            WHERE o.poll_id = %s GROUP BY o.id ORDER BY o.position
        """


def seed(database_url: str, tables: BaselineTables, setup: Setup) -> Known:
    """Inserts people, polls, and existing votes."""
    with psycopg.connect(database_url) as connection:
        # Skips foreign key checks, which would look up each row twice.
        connection.execute("SET LOCAL session_replication_role = replica")
        voters = _make_users(connection, tables, setup.voters)
        crowd = _make_users(connection, tables, max(setup.polls, default=0))
        polls = []
        for number, vote_count in enumerate((*setup.polls, 0)):
            poll = _make_poll(connection, tables, number)
            _fill(connection, tables, poll, crowd[:vote_count])
            polls.append(poll)
    return Known([_token(voter) for voter in voters], polls[:-1], polls[-1])


def _make_users(
    connection: psycopg.Connection, tables: BaselineTables, count: int
) -> list[uuid.UUID]:
    rows = connection.execute(
        f"""INSERT INTO {tables.users} (id, name, created_at)
            SELECT gen_random_uuid(), 'Voter', now() FROM generate_series(1, %s)
            RETURNING id""".encode(),
        [count],
    ).fetchall()
    return [user_id for (user_id,) in rows]


def _make_poll(connection: psycopg.Connection, tables: BaselineTables, number: int) -> PollHandle:
    [creator_id] = _make_users(connection, tables, 1)
    poll_id, option_ids = uuid.uuid4(), [uuid.uuid4() for _ in OPTIONS]
    connection.execute(
        f"""INSERT INTO {tables.polls} (id, question, is_published, creator_id, created_at)
            VALUES (%s, %s, true, %s, now())""".encode(),
        [poll_id, f"Question {number}?", creator_id],
    )
    for position, (option_id, text) in enumerate(zip(option_ids, OPTIONS, strict=True)):
        connection.execute(
            f"""INSERT INTO {tables.options} (id, poll_id, text, position)
                VALUES (%s, %s, %s, %s)""".encode(),
            [option_id, poll_id, text, position],
        )
    return PollHandle(str(poll_id), tuple(map(str, option_ids)))


def _fill(
    connection: psycopg.Connection,
    tables: BaselineTables,
    poll: PollHandle,
    voters: list[uuid.UUID],
) -> None:
    if voters:
        connection.execute(
            f"""INSERT INTO {tables.votes} (id, user_id, option_id, created_at)
                SELECT gen_random_uuid(), voter, (%s::uuid[])[number %% %s + 1], now()
                FROM unnest(%s::uuid[]) WITH ORDINALITY AS voters (voter, number)""".encode(),
            [list(poll.option_ids), len(poll.option_ids), voters],
        )


def _token(user_id: uuid.UUID) -> str:
    now = int(time.time())
    claims = {"sub": str(user_id), "user_id": str(user_id), "iat": now, "jti": uuid.uuid4().hex}
    claims |= {"exp": now + TOKEN_LIFETIME_S, "token_type": "access"}
    return jwt.encode(claims, JWT_SECRET, algorithm="HS256")
