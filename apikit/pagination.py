"""Lists in pages: ``page`` from 1, ``limit`` from 1 to 100, 10 unless told."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from rest_framework import serializers

from apikit.wire import Wire

Row = TypeVar("Row", bound=Model)

MAX_LIMIT = 100
# Far above any list that exists; keeps the offset within what a database counts with.
MAX_PAGE = 1_000_000


class PageQuerySerializer(serializers.Serializer[Any]):
    """The part of a list's query that every list has; lists with filters inherit from it."""

    page = serializers.IntegerField(
        min_value=1, max_value=MAX_PAGE, default=1, help_text="The number of the page, from 1."
    )
    limit = serializers.IntegerField(
        min_value=1, max_value=MAX_LIMIT, default=10, help_text="The number of items on a page."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pagination(Wire):
    page: int
    limit: int
    total_count: int
    total_pages: int


def page_of(rows: QuerySet[Row], query: Mapping[str, Any]) -> tuple[list[Row], Pagination]:
    """A page of ``rows`` and where it stands among the others; two queries.

    ``query`` is what a :class:`PageQuerySerializer` validated. A page past the end is empty.
    """
    page, limit = query["page"], query["limit"]
    total_count = rows.count()
    start = (page - 1) * limit
    page_rows = list(rows[start : start + limit]) if start < total_count else []
    return page_rows, Pagination(
        page=page, limit=limit, total_count=total_count, total_pages=-(-total_count // limit)
    )
