"""Pagination by cursor."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from apikit.errors import InvalidCursorError
from apikit.ids import new_id
from apikit.pagination import PageQuerySerializer, page_of, read_cursor, write_cursor
from tests.conftest import ClientFor, MakePoll, make_user, vote

pytestmark = pytest.mark.django_db
both = pytest.mark.both


def part(**query: Any) -> tuple[list[User], Any]:
    serializer = PageQuerySerializer(data=query)
    serializer.is_valid(raise_exception=True)
    return page_of(User.objects.order_by("-id"), serializer.validated_data)


def walk(limit: int, meanwhile: Callable[[list[User]], object]) -> list[User]:
    """Reads all users by cursor; calls ``meanwhile`` with each page before the next is read."""
    seen, seen_last = [], part(limit=limit)
    while True:
        rows, pagination = seen_last
        seen += rows
        if pagination.next_cursor is None:
            return seen
        meanwhile(rows)
        seen_last = part(limit=limit, cursor=pagination.next_cursor)


@both
def test_items_added_at_the_head_are_not_repeated() -> None:
    people = [make_user(f"Person{number}") for number in range(9)]
    names = iter(range(100))
    seen = walk(2, lambda _: make_user(f"Newcomer{next(names)}"))
    assert seen == people[::-1]


@both
def test_deleting_items_leaves_no_gap_even_at_the_cursor() -> None:
    people = [make_user(f"Person{number}") for number in range(9)]
    seen = walk(3, lambda rows: [row.delete() for row in (rows[0], rows[-1])])
    assert [user.name for user in seen] == [user.name for user in people[::-1]]


@both
def test_a_page_by_cursor_has_its_position(django_assert_num_queries: Any) -> None:
    for number in range(5):
        make_user(f"Person{number}")
    _, first = part(limit=2)
    with django_assert_num_queries(2):
        _, second = part(limit=2, cursor=first.next_cursor)
    _, last = part(limit=2, cursor=second.next_cursor)
    assert [(each.page, each.total_count, each.total_pages) for each in (first, second, last)] == [
        (1, 5, 3),
        (2, 5, 3),
        (3, 5, 3),
    ]
    assert last.next_cursor is None
    _, paged = part(limit=2, page=2)
    assert paged == second
    assert part(limit=5)[1].next_cursor is None


def test_a_list_in_another_order_is_refused() -> None:
    with pytest.raises(AssertionError, match="ordered by -id"):
        page_of(User.objects.order_by("name"), {"page": 1, "limit": 1})


def test_a_cursor_survives_a_round_trip() -> None:
    row_id = new_id()
    assert read_cursor(write_cursor(row_id)) == row_id


AN_ID = UUID("01985c2e-8f10-7d52-b3a4-6a0c5e9d4f21")
NOT_OF_TIME = UUID("9a4c5f0e-1c2d-4e3f-8a5b-6c7d8e9f0a1b")
BAD_CURSORS = [
    "",
    "x",
    "null",
    "0" * 22,
    "!" * 22,
    "A" * 22,
    "é" * 22,
    "A" * 21 + "\0",
    write_cursor(NOT_OF_TIME),
    write_cursor(AN_ID) + "==",
    write_cursor(AN_ID)[:-1] + "B",
    str(AN_ID),
    "x" * 5000,
]


@pytest.mark.parametrize("text", BAD_CURSORS, ids=lambda text: ascii(text[:24]))
def test_an_invalid_cursor_is_refused(text: str) -> None:
    with pytest.raises(InvalidCursorError):
        read_cursor(text)


LISTS = ["/api/polls", "/api/users", "/api/users/search?q=a", "/api/votes/my-votes"]


@pytest.mark.parametrize("address", LISTS)
def test_every_list_refuses_a_bad_cursor_with_a_code(
    alice: User, client_for: ClientFor, address: str
) -> None:
    client = client_for(alice)
    for text in ("", "x", "0" * 22):
        response = client.get(f"{address}{'&' if '?' in address else '?'}cursor={text}")
        assert (response.status_code, response.json()["code"]) == (400, "cursor.invalid")
        assert [error["field"] for error in response.json()["errors"]] == ["cursor"]


def test_a_page_together_with_a_cursor_is_refused(visitor: APIClient) -> None:
    query = {"page": "2", "cursor": write_cursor(new_id())}
    response = visitor.get("/api/polls", query)
    assert (response.status_code, response.json()["code"]) == (400, "validation")
    assert [error["field"] for error in response.json()["errors"]] == ["page"]


@both
@pytest.mark.django_db(transaction=True)
def test_every_list_continues_with_its_cursor(
    alice: User, bob: User, charlie: User, make_poll: MakePoll, client_for: ClientFor
) -> None:
    for _ in range(3):
        vote(alice, make_poll(), 0)
    client = client_for(alice)
    for address in LISTS:
        name = {"users": "users", "polls": "polls", "votes": "votes"}[address.split("/")[2][:5]]
        joined = f"{address}{'&' if '?' in address else '?'}limit=1"
        ids, cursor = [], ""
        for _ in range(20):
            body = client.get(joined + (f"&cursor={cursor}" if cursor else "")).json()
            ids += [each["id"] for each in body[name]]
            cursor = body["pagination"]["nextCursor"]
            if cursor is None:
                break
            make_poll()
        assert len(ids) == len(set(ids)) >= 2
        assert ids == sorted(ids, reverse=True)
