"""Prepared queries and bulk writes, on both databases."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from apikit.ids import new_id
from apikit.postgres.bulk import insert, update, write
from apikit.postgres.prepared import PreparedQuery
from polls.models import Option, Poll
from tests.conftest import MakePoll, option_ids
from votes.models import Vote

pytestmark = [pytest.mark.both, pytest.mark.django_db]


def test_a_prepared_query_returns_what_the_orm_returns(make_poll: MakePoll) -> None:
    first, second, _ = (make_poll() for _ in range(3))
    columns = ("id", "creator_id", "question", "opened_at", "allow_change", "embed_origins")
    query = PreparedQuery(
        lambda ids: Poll.objects.filter(id__any_of=ids).order_by("id").values_list(*columns)
    )
    for polls in ([first], [first, second], []):
        ids = {poll.id for poll in polls}
        expected = Poll.objects.filter(id__in=ids).order_by("id").values_list(*columns)
        assert query.execute(ids).fetch() == list(expected)


def test_collections_of_ids_are_bound_to_their_placeholders(make_poll: MakePoll) -> None:
    poll, other = make_poll(), make_poll()
    query = PreparedQuery(
        lambda polls, options: Option.objects.filter(
            id__any_of=options, poll__any_of=polls
        ).values_list("id")
    )
    [first, *_], [strange, *_] = option_ids(poll), option_ids(other)
    assert query.execute([poll.id], [first, strange]).fetch() == [(first,)]


def test_rows_are_updated_in_one_statement(make_poll: MakePoll) -> None:
    """Large integers, NULL and timestamps are stored exactly."""
    polls = [make_poll() for _ in range(3)]
    moment = datetime(2026, 5, 4, 9, 30, 0, 123456, tzinfo=UTC)
    for number, poll in enumerate(polls):
        poll.version, poll.tallied_at = 2**40 + number, None if number else moment
    with CaptureQueriesContext(connection) as queries:
        write(update(Poll, ("version", "tallied_at"), polls))
    assert len([query for query in queries if query["sql"].startswith("UPDATE")]) == 1
    stored = Poll.objects.order_by("id").values_list("version", "tallied_at")
    assert list(stored) == [(2**40, moment), (2**40 + 1, None), (2**40 + 2, None)]


def test_rows_of_several_tables_are_written_together(bob: User, make_poll: MakePoll) -> None:
    poll, now = make_poll(), timezone.now()
    poll.version = 7
    vote: dict[str, Any] = {
        "id": new_id(),
        "poll_id": poll.id,
        "user_id": bob.id,
        "option_id": option_ids(poll)[0],
        "rank": 1,
        "request_id": new_id(),
        "created_at": now,
        "updated_at": now,
    }
    with CaptureQueriesContext(connection) as queries:
        write(
            insert(Vote, tuple(vote), [tuple(vote.values())]),
            update(Option, ("vote_count",), []),
            update(Poll, ("version",), [poll]),
        )
    if connection.vendor == "postgresql":
        assert len(queries) == 1
    assert Vote.objects.filter(id=vote["id"]).values(*vote).get() == vote
    poll.refresh_from_db()
    assert poll.version == 7


def test_without_rows_no_statement_is_executed() -> None:
    with CaptureQueriesContext(connection) as queries:
        write(insert(Poll, ("version",), []), update(Poll, ("version",), []))
    assert len(queries) == 0
