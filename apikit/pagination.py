"""Pagination of lists, newest first: by ``page`` (from 1) or by ``cursor``, ``limit`` items each.

A page is an offset: when an item is added at the head of the list, the last item of a page moves to
the next one and is seen twice. A cursor is the id of the last item of the previous page, or its
number in a log, so that no item is seen twice, whatever is added or deleted in the meantime.
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypeVar
from uuid import RFC_4122, UUID

from django.db.models import Count, Model, Q, QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from apikit.errors import InvalidCursorError
from apikit.wire import Wire

Row = TypeVar("Row", bound=Model)

MAX_LIMIT = 100
# Far beyond any list; keeps the offset within the range of a database integer.
MAX_PAGE = 1_000_000
_CURSOR_CHARS = 22
# The digits of the largest of a database's integers.
_SEQ_CHARS = 19
# For examples: `pagination` of a list with one item.
ONE_PAGE = {"page": 1, "limit": 10, "totalCount": 1, "totalPages": 1, "nextCursor": None}


@extend_schema_field({"type": "string", "minLength": _CURSOR_CHARS, "maxLength": _CURSOR_CHARS})
class CursorField(serializers.Field[Any, str, Any, Any]):
    """A cursor, decoded to an id."""

    def to_internal_value(self, data: str) -> UUID:
        return read_cursor(data)


@extend_schema_field({"type": "string", "minLength": 1, "maxLength": _SEQ_CHARS})
class SeqCursorField(serializers.Field[Any, str, Any, Any]):
    """A cursor of a list that is ordered by ``seq``, decoded to a number."""

    def to_internal_value(self, data: str) -> int:
        if not (data.isascii() and data.isdecimal() and len(data) <= _SEQ_CHARS):
            raise InvalidCursorError
        if data != str(int(data)) or int(data) >= 1 << 63:
            raise InvalidCursorError
        return int(data)


class PageQuerySerializer(serializers.Serializer[Any]):
    """Validates the query parameters of every list; lists with filters inherit from it."""

    page = serializers.IntegerField(
        min_value=1, max_value=MAX_PAGE, default=1, help_text="The number of the page, from 1."
    )
    limit = serializers.IntegerField(
        min_value=1, max_value=MAX_LIMIT, default=10, help_text="The number of items on a page."
    )
    CURSOR_HELP: ClassVar = (
        "`pagination.nextCursor` of the previous response, instead of `page`: continues after its "
        "last item, whatever was added to the list since. Keep the filters."
    )
    cursor: serializers.Field[Any, str, Any, Any] = CursorField(
        required=False, help_text=CURSOR_HELP
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "cursor" in attrs and "page" in self.initial_data:
            raise ValidationError({"page": "Send either page or cursor."})
        return attrs


@dataclass(frozen=True, slots=True, kw_only=True)
class Pagination(Wire):
    """``page`` is the position of the items in the list; ``next_cursor`` is null at the end."""

    page: int
    limit: int
    total_count: int
    total_pages: int
    next_cursor: str | None


def page_of(
    rows: QuerySet[Row], query: Mapping[str, Any], *, key: Literal["id", "seq"] = "id"
) -> tuple[list[Row], Pagination]:
    """Return a page of ``rows``; two queries.

    ``rows`` must be ordered by ``key``, newest first. ``query`` is validated by a
    :class:`PageQuerySerializer`, with a :class:`SeqCursorField` for ``seq``. A page past the end is
    empty.
    """
    assert rows.query.order_by == (f"-{key}",), f"a cursor is a key: lists are ordered by -{key}"
    limit, cursor = query["limit"], query.get("cursor")
    if cursor is None:
        total_count = rows.count()
        start = (query["page"] - 1) * limit
    else:
        # The item of the cursor may be deleted: compare keys instead of looking for it.
        total_count, start = _count_around(rows, key, cursor)
        rows = rows.filter(**{f"{key}__lt": cursor})
    offset = start if cursor is None else 0
    found = list(rows[offset : offset + limit + 1]) if start < total_count else []
    page_rows = found[:limit]
    return page_rows, Pagination(
        page=start // limit + 1,
        limit=limit,
        total_count=total_count,
        total_pages=-(-total_count // limit),
        next_cursor=_cursor_after(page_rows[-1], key) if len(found) > limit else None,
    )


def _cursor_after(row: Model, key: str) -> str:
    value = getattr(row, key)
    return write_cursor(value) if isinstance(value, UUID) else str(value)


def write_cursor(row_id: UUID) -> str:
    """Encode the cursor for the page after ``row_id``."""
    return urlsafe_b64encode(row_id.bytes).rstrip(b"=").decode()


def read_cursor(text: str) -> UUID:
    """Decode a cursor.

    :raises InvalidCursorError: for a text that :func:`write_cursor` cannot return.
    """
    if len(text) != _CURSOR_CHARS or not text.isascii():
        raise InvalidCursorError
    try:
        row_id = UUID(bytes=urlsafe_b64decode(f"{text}=="))
    except (binascii.Error, ValueError) as error:
        raise InvalidCursorError from error
    if write_cursor(row_id) != text or row_id.variant != RFC_4122 or row_id.version != 7:
        raise InvalidCursorError
    return row_id


def _count_around(rows: QuerySet[Row], key: str, cursor: UUID | int) -> tuple[int, int]:
    """Count all ``rows``, and those before the page that ``cursor`` starts."""
    counts = rows.order_by().aggregate(
        total=Count("id"), before=Count("id", filter=Q(**{f"{key}__gte": cursor}))
    )
    return counts["total"], counts["before"]
