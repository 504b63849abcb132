"""How many rows the statements of the vote writer read on PostgreSQL, with cached plans."""

import random
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import EarlierAccount, User
from apikit.ids import new_id
from polls.models import Option, Poll, PollState
from tests.conftest import MakePoll, option_ids
from tests.locks import LOCK_PATIENCE_S
from tests.votes.held_writer import HeldWriter
from votes import ledger, rows
from votes.ballots import Ballot, Outcome
from votes.models import Vote

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]

# From so many times on, the server uses one plan for whatever a statement is given, if not before.
TIMES_UNTIL_PLANNED = 8
TOGETHER = 12
CROWD = 2_000
# With this many votes, cast in random order of ids, the index by person has one level less than the
# index by poll and person.
LARGE_CROWD = 22_000
MANY_POLLS = 300
# A poll, a voter and the options per ballot; far fewer than there are.
MOST_ROWS_OF_ONE = 10


def rows_read() -> int:
    """Rows that this connection has read since its statistics were last flushed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables"
        )
        return int(cursor.fetchone()[0])


@pytest.fixture
def writer() -> Iterator[HeldWriter]:
    writer = HeldWriter()
    yield writer
    writer.stop()


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The rows that each transaction of a writer has read to decide its ballots."""
    counts: list[int] = []

    def count_and_read(*args: Any) -> Any:
        before = rows_read()
        found = lock_and_read(*args)
        counts.append(rows_read() - before)
        return found

    lock_and_read = rows.lock_and_read
    monkeypatch.setattr(ledger, "lock_and_read", count_and_read)
    return counts


def make_crowd(count: int) -> list[User]:
    crowd = [User(name="One", email=f"{new_id()}@example.org") for _ in range(count)]
    return User.objects.bulk_create(crowd)


def make_polls(creator: User) -> list[Poll]:
    """Creates MANY_POLLS polls with one option each."""
    now = timezone.now()
    polls = [
        Poll(
            creator=creator,
            question="Is it?",
            join_code=f"P{number:05}",
            state=PollState.OPEN,
            opened_at=now,
            created_at=now,
            updated_at=now,
        )
        for number in range(MANY_POLLS)
    ]
    Poll.objects.bulk_create(polls)
    Option.objects.bulk_create(Option(poll=poll, text="Yes", position=1) for poll in polls)
    return polls


def have_voted(casts: Iterable[tuple[Poll, User]]) -> None:
    """Stores votes without updating the counters."""
    now = timezone.now()
    options = dict(Option.objects.filter(position=1).values_list("poll_id", "id"))
    Vote.objects.bulk_create(
        Vote(
            poll=poll,
            option_id=options[poll.id],
            user=user,
            request_id=new_id(),
            created_at=now,
            updated_at=now,
        )
        for poll, user in casts
    )


def vote_together(writer: HeldWriter, casts: Sequence[tuple[Poll, User]]) -> None:
    """Casts votes in one transaction."""
    chosen = {poll: (option_ids(poll)[0],) for poll, _ in casts}
    with writer.held():
        answers = [
            writer.submit(Ballot(voter_id=user.id, poll_id=poll.id, option_ids=chosen[poll]))
            for poll, user in casts
        ]
    assert {answer.result(LOCK_PATIENCE_S).outcome for answer in answers} == {Outcome.ACCEPTED}


def analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


@pytest.mark.parametrize("others", [0, 1, MANY_POLLS])
def test_few_rows_are_read_of_a_poll_that_grew_after_it_was_planned(
    make_poll: MakePoll, writer: HeldWriter, counts: list[int], others: int
) -> None:
    """When the tables were last analyzed, there was no vote, or one in each of some polls."""
    poll, crowd = make_poll(), make_crowd(CROWD)
    have_voted(zip(make_polls(poll.creator)[:others], crowd, strict=False))
    analyze()
    sizes = (1, TOGETHER)
    for size in sizes * TIMES_UNTIL_PLANNED:
        vote_together(writer, [(poll, crowd.pop()) for _ in range(size)])
    last = [[(poll, crowd.pop()) for _ in range(size)] for size in sizes]
    have_voted((poll, user) for user in crowd)
    counts.clear()
    for casts in last:
        vote_together(writer, casts)
    for size, count in zip(sizes, counts, strict=True):
        assert size <= count <= size * MOST_ROWS_OF_ONE


def test_few_rows_are_read_of_a_person_with_votes_in_many_polls(
    make_poll: MakePoll, writer: HeldWriter, counts: list[int]
) -> None:
    """The planner expects one vote per person, the average."""
    new = [make_poll() for _ in range(TIMES_UNTIL_PLANNED + 1)]
    [heavy, *crowd] = make_crowd(LARGE_CROWD)
    random.Random(1).shuffle(crowd)
    polls = make_polls(heavy)
    have_voted((poll, heavy) for poll in polls)
    have_voted((polls[0], user) for user in crowd)
    analyze()
    for poll in new:
        counts.clear()
        vote_together(writer, [(poll, heavy), (polls[1], crowd.pop())])
    [count] = counts
    assert 2 <= count <= 2 * MOST_ROWS_OF_ONE


def test_few_rows_are_read_to_find_votes_of_a_guests_earlier_account(
    make_poll: MakePoll, guest: User
) -> None:
    poll, crowd = make_poll(), make_crowd(CROWD)
    EarlierAccount.objects.create(guest=guest, account=crowd[0])
    analyze()
    for _ in range(TIMES_UNTIL_PLANNED):
        assert rows.voted_with_earlier_accounts([poll.id], [guest.id]) == set()
    have_voted((poll, user) for user in crowd)
    with transaction.atomic():
        before = rows_read()
        found = rows.voted_with_earlier_accounts([poll.id], [guest.id])
        count = rows_read() - before
    assert found == {(poll.id, guest.id)}
    assert 1 <= count <= MOST_ROWS_OF_ONE


def test_few_rows_are_read_of_users_that_joined_after_the_others_were_deleted(
    make_poll: MakePoll, writer: HeldWriter, counts: list[int]
) -> None:
    """The table was analyzed with many pages and few users, so the planner expects few of them."""
    poll, [*deleted, _last] = make_poll(), make_crowd(CROWD)
    with connection.cursor() as cursor:
        ids = [user.id for user in deleted]
        cursor.execute(f"DELETE FROM {User._meta.db_table} WHERE id = ANY (%s)", [ids])
    analyze()
    crowd = make_crowd(CROWD)
    sizes = (1, TOGETHER)
    for size in sizes:
        vote_together(writer, [(poll, crowd.pop()) for _ in range(size)])
    for size, count in zip(sizes, counts, strict=True):
        assert size <= count <= size * MOST_ROWS_OF_ONE
