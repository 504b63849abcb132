"""Pipelined transactions: when they wait, and how they fail."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import DEFAULT_DB_ALIAS, IntegrityError, connection, connections, transaction
from django.db import Error as DatabaseError
from django.utils import timezone
from psycopg.pq import PipelineStatus

from accounts.models import User
from apikit.ids import new_id
from apikit.postgres.bulk import insert, update, write
from apikit.postgres.pipelining import PipeliningConnection
from apikit.postgres.prepared import PreparedQuery
from polls.models import Option, Poll
from tests.conftest import MakePoll, option_ids
from votes.models import Vote

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def usual() -> Iterator[Any]:
    """Gives the thread a pipelining connection, besides the ``usual`` one."""
    usual = connections[DEFAULT_DB_ALIAS]
    options = {**usual.settings_dict["OPTIONS"], "pool": False}
    own = PipeliningConnection({**usual.settings_dict, "OPTIONS": options}, DEFAULT_DB_ALIAS)
    connections[DEFAULT_DB_ALIAS] = own
    try:
        yield usual
    finally:
        own.close()
        connections[DEFAULT_DB_ALIAS] = usual


def set_version(poll: Poll, version: int) -> None:
    write(update(Poll, ("version",), [Poll(id=poll.id, version=version)]))


def write_duplicates(poll: Poll, voter: User) -> None:
    """Sends two votes of one person for one option, without waiting for the error."""
    now = timezone.now()
    columns = ("poll_id", "user_id", "option_id", "request_id", "created_at", "updated_at", "rank")
    row = (poll.id, voter.id, option_ids(poll)[0], new_id(), now, now, 1)
    write(insert(Vote, ("id", *columns), [(new_id(), *row) for _ in range(2)]))


def test_a_transaction_waits_for_the_server_twice(make_poll: MakePoll, tmp_path: Path) -> None:
    poll, other = make_poll(), make_poll()
    find = PreparedQuery(lambda ids: Poll.objects.filter(id__any_of=ids).values_list("question"))
    connection.ensure_connection()
    with (tmp_path / "trace").open("w+") as trace:
        connection.connection.pgconn.trace(trace.fileno())
        with transaction.atomic():
            questions = [find.execute([each.id]) for each in (poll, other)]
            assert [rows.fetch() for rows in questions] == [[(poll.question,)]] * 2
            set_version(poll, 7)
        connection.connection.pgconn.untrace()
        trace.seek(0)
        sent = [line.split("\t")[3] for line in trace.read().splitlines() if "\tF\t" in line]
    # The client waits for the server after each Flush or Sync.
    assert sent.count("Sync") == 1
    first_wait, commit = sent.index("Flush"), sent.index("Sync")
    assert sent[:first_wait].count("Execute") == 3  # BEGIN among them
    assert sent[:commit].count("Execute") == 5  # and COMMIT


def test_several_queries_are_sent_before_the_first_result(make_poll: MakePoll) -> None:
    poll = make_poll()
    query = PreparedQuery(
        lambda ids: Option.objects.filter(poll__any_of=ids).order_by("position").values_list("id")
    )
    with transaction.atomic():
        rows = [query.execute([each]) for each in (poll.id, new_id(), poll.id)]
        found = [[option_id for (option_id,) in each.fetch()] for each in reversed(rows)]
    assert found == [option_ids(poll), [], option_ids(poll)]


def test_an_unfetched_error_fails_the_commit(bob: User, make_poll: MakePoll) -> None:
    """Nothing waits for an insert in a pipeline, so the commit has to raise its error."""
    poll, went_by = make_poll(), []

    def fail() -> None:
        with transaction.atomic():
            transaction.on_commit(lambda: went_by.append("the hook"))
            set_version(poll, 7)
            write_duplicates(poll, bob)
        went_by.append("the commit")

    with pytest.raises(IntegrityError):
        fail()
    assert went_by == []
    poll.refresh_from_db()
    assert (poll.version, Vote.objects.count()) == (0, 0)
    with transaction.atomic():
        set_version(poll, 8)  # the connection is as good as before
    poll.refresh_from_db()
    assert poll.version == 8


@pytest.mark.parametrize("fails_unseen", [False, True])
def test_a_transaction_that_raises_writes_nothing(
    bob: User, make_poll: MakePoll, fails_unseen: bool
) -> None:
    poll = make_poll()

    def fail() -> None:
        with transaction.atomic():
            set_version(poll, 7)
            if fails_unseen:
                write_duplicates(poll, bob)
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert connection.connection.pgconn.pipeline_status == PipelineStatus.OFF
    poll.refresh_from_db()
    assert poll.version == 0
    with transaction.atomic():
        set_version(poll, 8)
    poll.refresh_from_db()
    assert poll.version == 8


def test_a_lost_server_is_noticed_at_the_commit(make_poll: MakePoll, usual: Any) -> None:
    """Django drops the connection, so the writer knows that the outcome is in doubt."""
    poll = make_poll()
    connection.ensure_connection()
    used = connection.connection

    def lose_the_server() -> None:
        with transaction.atomic():
            [row] = Poll.objects.select_for_update().filter(id=poll.id)
            set_version(row, 7)
            server = used.info.backend_pid
            with usual.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(%s, 10000)", [server])
        raise AssertionError("it can't have been committed")

    with pytest.raises(DatabaseError):
        lose_the_server()
    assert connection.connection is not used
    with transaction.atomic():
        set_version(poll, 8)
    poll.refresh_from_db()
    assert poll.version == 8
