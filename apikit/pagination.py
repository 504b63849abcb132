"""Lists, newest first, in parts: by ``page`` (from 1), or by ``cursor``, with ``limit`` each.

A page is an offset: when something is added at the head of a list, its last item moves to the next
page and is seen twice. A cursor names the item that the part before it ended with, so that nothing
is seen twice, whatever is added or deleted meanwhile.
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import RFC_4122, UUID

from django.db.models import Count, Model, Q, QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from apikit.errors import FieldError, InvalidCursorError
from apikit.wire import Wire

Row = TypeVar("Row", bound=Model)

MAX_LIMIT = 100
# Far above any list that exists; keeps the offset within what a database counts with.
MAX_PAGE = 1_000_000
_CURSOR_CHARS = 22
# For the document: `pagination` of a list of one.
ONE_PAGE = {"page": 1, "limit": 10, "totalCount": 1, "totalPages": 1, "nextCursor": None}


@extend_schema_field({"type": "string", "minLength": _CURSOR_CHARS, "maxLength": _CURSOR_CHARS})
class CursorField(serializers.Field[Any, str, Any, Any]):
    """A cursor, read into the id that it stands for."""

    def to_internal_value(self, data: str) -> UUID:
        return read_cursor(data)


class PageQuerySerializer(serializers.Serializer[Any]):
    """The part of a list's query that every list has; lists with filters inherit from it."""

    page = serializers.IntegerField(
        min_value=1, max_value=MAX_PAGE, default=1, help_text="The number of the page, from 1."
    )
    limit = serializers.IntegerField(
        min_value=1, max_value=MAX_LIMIT, default=10, help_text="The number of items on a page."
    )
    cursor = CursorField(
        required=False,
        help_text="`pagination.nextCursor` of the response before, instead of `page`: continues "
        "after its last item, whatever was added to the list meanwhile. Keep the filters.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "cursor" in attrs and "page" in self.initial_data:
            raise ValidationError({"page": "Send either page or cursor."})
        return attrs


@dataclass(frozen=True, slots=True, kw_only=True)
class Pagination(Wire):
    """``next_cursor`` is null at the end; ``page`` is where the items stand in the whole list."""

    page: int
    limit: int
    total_count: int
    total_pages: int
    next_cursor: str | None


def page_of(rows: QuerySet[Row], query: Mapping[str, Any]) -> tuple[list[Row], Pagination]:
    """A part of ``rows`` and where it stands among the others; two queries.

    ``rows`` are ordered by ``-id``: newest first, and no two alike. ``query`` is what a
    :class:`PageQuerySerializer` validated. A page past the end is empty.
    """
    assert rows.query.order_by == ("-id",), "a cursor is an id, so lists are ordered by -id"
    limit, cursor = query["limit"], query.get("cursor")
    if cursor is None:
        total_count = rows.count()
        start = (query["page"] - 1) * limit
    else:
        # The item of the cursor may have been deleted since: ids say what comes after it.
        total_count, start = _count_around(rows, cursor)
        rows = rows.filter(id__lt=cursor)
    offset = start if cursor is None else 0
    found = list(rows[offset : offset + limit + 1]) if start < total_count else []
    page_rows = found[:limit]
    return page_rows, Pagination(
        page=start // limit + 1,
        limit=limit,
        total_count=total_count,
        total_pages=-(-total_count // limit),
        next_cursor=write_cursor(page_rows[-1].pk) if len(found) > limit else None,
    )


def write_cursor(row_id: UUID) -> str:
    """The cursor that stands for what comes after ``row_id``."""
    return urlsafe_b64encode(row_id.bytes).rstrip(b"=").decode()


def read_cursor(text: str) -> UUID:
    """The id in a cursor.

    :raises InvalidCursorError: for what :func:`write_cursor` did not write.
    """
    if len(text) != _CURSOR_CHARS or not text.isascii():
        raise _refusal()
    try:
        row_id = UUID(bytes=urlsafe_b64decode(f"{text}=="))
    except (binascii.Error, ValueError) as error:
        raise _refusal() from error
    if write_cursor(row_id) != text or row_id.variant != RFC_4122 or row_id.version != 7:
        raise _refusal()
    return row_id


def _refusal() -> InvalidCursorError:
    return InvalidCursorError(errors=[FieldError("cursor", InvalidCursorError.message)])


def _count_around(rows: QuerySet[Row], cursor: UUID) -> tuple[int, int]:
    """How many ``rows`` there are, and how many before those that follow ``cursor``."""
    counts = rows.order_by().aggregate(
        total=Count("id"), before=Count("id", filter=Q(id__gte=cursor))
    )
    return counts["total"], counts["before"]
