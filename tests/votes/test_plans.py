"""What the vote writer's statements read, on PostgreSQL, which keeps their plans."""

from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from apikit.ids import new_id
from polls.models import Poll
from tests.conftest import MakePoll, option_ids
from tests.locks import LOCK_PATIENCE_S
from tests.votes.held_writer import HeldWriter
from votes import ledger, rows
from votes.ballots import Ballot, Outcome
from votes.models import Vote

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]

# From so many times on, the server uses one plan for whatever a statement is given.
TIMES_UNTIL_PLANNED = 8
TOGETHER = 12
CROWD = 2_000


def rows_read() -> int:
    """Of all tables by this connection, in this transaction and perhaps some before."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables"
        )
        return int(cursor.fetchone()[0])


def vote_together(writer: HeldWriter, poll: Poll, users: list[User]) -> None:
    """In one transaction."""
    chosen = (option_ids(poll)[0],)
    with writer.held():
        answers = [
            writer.submit(Ballot(voter_id=user.id, poll_id=poll.id, option_ids=chosen))
            for user in users
        ]
    assert {answer.result(LOCK_PATIENCE_S).outcome for answer in answers} == {Outcome.ACCEPTED}


def vote_in(poll: Poll, crowd: list[User]) -> None:
    """A crowd has voted."""
    now = timezone.now()
    option_id = option_ids(poll)[0]
    Vote.objects.bulk_create(
        Vote(
            poll=poll,
            option_id=option_id,
            user=user,
            request_id=new_id(),
            created_at=now,
            updated_at=now,
        )
        for user in crowd
    )


def test_few_rows_are_read_though_it_was_planned_while_there_were_few(
    make_poll: MakePoll, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where polls were deleted before, say, or on a small site."""
    poll, counts = make_poll(), []
    crowd = [User(name="One", email=f"{number}@example.org") for number in range(CROWD)]
    User.objects.bulk_create(crowd)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")

    def count_and_read(*args: Any) -> Any:
        before = rows_read()
        found = rows.lock_and_read(*args)
        counts.append(rows_read() - before)
        return found

    writer = HeldWriter()
    for _ in range(TIMES_UNTIL_PLANNED):
        vote_together(writer, poll, [crowd.pop() for _ in range(TOGETHER)])
    last = [crowd.pop() for _ in range(TOGETHER)]
    vote_in(poll, crowd)
    monkeypatch.setattr(ledger, "lock_and_read", count_and_read)
    vote_together(writer, poll, last)
    writer.stop()
    [count] = counts
    assert TOGETHER <= count < CROWD / 10
