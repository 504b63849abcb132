"""Pagination by page."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from apikit.pagination import PageQuerySerializer, page_of
from tests.conftest import make_user

pytestmark = [pytest.mark.both, pytest.mark.django_db]


def page(**query: Any) -> tuple[int, tuple[int, int, int, int]]:
    serializer = PageQuerySerializer(data=query)
    serializer.is_valid(raise_exception=True)
    rows, seen = page_of(User.objects.order_by("-id"), serializer.validated_data)
    return len(rows), (seen.page, seen.limit, seen.total_count, seen.total_pages)


def test_an_empty_list_has_no_pages() -> None:
    assert page() == (0, (1, 10, 0, 0))


def test_a_page_has_ten_items_by_default() -> None:
    for number in range(11):
        make_user(f"Person{number}")
    assert page() == (10, (1, 10, 11, 2))
    assert page(page=2) == (1, (2, 10, 11, 2))
    assert page(limit=100) == (11, (1, 100, 11, 1))
    assert page(limit=1, page=11) == (1, (11, 1, 11, 11))


def test_a_page_past_the_end_is_empty_and_costs_a_count(
    django_assert_num_queries: Any,
) -> None:
    make_user("Alice")
    with django_assert_num_queries(1):
        assert page(page=1_000_000, limit=100) == (0, (1_000_000, 100, 1, 1))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("page", each) for each in ("0", "-1", "x", "1.5", "", "1000001", "9" * 2000)),
        *(("limit", each) for each in ("0", "101", "-5", "ten", "", "null")),
    ],
)
def test_a_page_out_of_bounds_is_refused_by_name(
    visitor: APIClient, field: str, value: str
) -> None:
    response = visitor.get("/api/polls", {field: value})
    assert (response.status_code, response.json()["code"]) == (400, "validation")
    assert [error["field"] for error in response.json()["errors"]] == [field]
