"""Queries that are built once, and rows that are written many at a time."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apikit.bulk import insert_rows, update_rows
from apikit.ids import new_id
from apikit.prepared import PreparedQuery, pipelined
from polls.models import Option, Poll
from tests.conftest import MakePoll, option_ids

pytestmark = pytest.mark.django_db


def test_a_query_gives_what_the_orm_would_give(make_poll: MakePoll) -> None:
    first, second, _ = (make_poll() for _ in range(3))
    columns = ("id", "creator_id", "question", "opened_at", "allow_change", "embed_origins")
    query = PreparedQuery(
        lambda ids: Poll.objects.filter(id__any_of=ids).order_by("id").values_list(*columns)
    )
    for polls in ([first], [first, second], []):
        ids = {poll.id for poll in polls}
        expected = Poll.objects.filter(id__in=ids).order_by("id").values_list(*columns)
        assert query.start(ids).values() == list(expected)


def test_each_collection_of_ids_finds_its_place(make_poll: MakePoll) -> None:
    poll, other = make_poll(), make_poll()
    query = PreparedQuery(
        lambda polls, options: Option.objects.filter(
            id__any_of=options, poll__any_of=polls
        ).values_list("id")
    )
    [first, *_], [strange, *_] = option_ids(poll), option_ids(other)
    assert query.start([poll.id], [first, strange]).values() == [(first,)]


def test_several_queries_are_under_way_at_once(make_poll: MakePoll) -> None:
    poll = make_poll()
    query = PreparedQuery(
        lambda ids: Option.objects.filter(poll__any_of=ids).order_by("position").values_list("id")
    )
    with pipelined():
        rows = [query.start([each]) for each in (poll.id, new_id(), poll.id)]
        found = [[option_id for (option_id,) in each.values()] for each in reversed(rows)]
    assert found == [option_ids(poll), [], option_ids(poll)]


def test_rows_are_written_as_they_are(make_poll: MakePoll) -> None:
    """However many, by as many statements; an empty value and a moment among them."""
    polls = [make_poll() for _ in range(3)]
    moment = datetime(2026, 5, 4, 9, 30, 0, 123456, tzinfo=UTC)
    for number, poll in enumerate(polls):
        poll.version, poll.tallied_at = 2**40 + number, None if number else moment
    with CaptureQueriesContext(connection) as queries:
        update_rows(Poll, ("version", "tallied_at"), polls)
    assert len([query for query in queries if query["sql"].startswith("UPDATE")]) == 1
    stored = Poll.objects.order_by("id").values_list("version", "tallied_at")
    assert list(stored) == [(2**40, moment), (2**40 + 1, None), (2**40 + 2, None)]


@pytest.mark.parametrize("write", [insert_rows, update_rows])
def test_nothing_is_written_without_a_statement(write: Callable[..., Any]) -> None:
    with CaptureQueriesContext(connection) as queries:
        write(Poll, ("version",), [])
    assert len(queries) == 0
