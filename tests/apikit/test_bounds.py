"""Bounds on errors and on the work for invalid requests."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from rest_framework.exceptions import ValidationError
from rest_framework.test import APIClient

from accounts.models import User
from apikit.errors import (
    MAX_FIELD_CHARS,
    MAX_FIELD_ERRORS,
    MAX_FIELD_MESSAGE_CHARS,
    FieldError,
    ValidationFailedError,
)
from apikit.parsers import MAX_JSON_DEPTH, MAX_JSON_VALUES, is_bounded
from apikit.serializers import BoundedListField, StrictSerializer, TextField
from tests.conftest import ClientFor

pytestmark = [pytest.mark.django_db]

# The maximum size of an error body: its own text and the bounded list.
MAX_ERROR_BYTES = (MAX_FIELD_ERRORS + 2) * 4 * (MAX_FIELD_CHARS + MAX_FIELD_MESSAGE_CHARS)


def test_only_the_first_errors_are_listed_and_the_rest_is_mentioned() -> None:
    taken: list[int] = []

    def errors() -> Iterator[FieldError]:
        for number in range(1000):
            taken.append(number)
            yield FieldError(f"f{number}", "Wrong.")

    listed = ValidationFailedError(errors=errors()).errors
    assert [error.field for error in listed[:-1]] == [f"f{each}" for each in range(20)]
    assert listed[-1] == FieldError("", "There are more errors; only the first 20 are listed.")
    assert len(taken) == MAX_FIELD_ERRORS + 1


def test_as_many_errors_as_fit_are_all_listed() -> None:
    errors = [FieldError(f"f{number}", "Wrong.") for number in range(MAX_FIELD_ERRORS)]
    assert list(ValidationFailedError(errors=errors).errors) == errors


def test_long_names_and_messages_are_cut() -> None:
    [error] = ValidationFailedError.of("n" * 5000, "m" * 5000).errors
    assert error.field == "n" * (MAX_FIELD_CHARS - 1) + "…"
    assert error.message == "m" * (MAX_FIELD_MESSAGE_CHARS - 1) + "…"


def test_a_serializer_stops_after_the_bound_of_errors() -> None:
    serializer = StrictSerializer(data={f"f{number}": 0 for number in range(26_000)})
    assert not serializer.is_valid()
    assert len(serializer.errors) == MAX_FIELD_ERRORS + 1


def test_the_items_of_a_list_that_is_too_long_are_not_validated() -> None:
    class Item(TextField):
        seen = 0

        def run_validation(self, data: Any = None) -> Any:
            Item.seen += 1
            return super().run_validation(data)

    field = BoundedListField(child=Item(max_length=5), max_length=3)
    with pytest.raises(ValidationError, match="no more than 3"):
        field.run_validation(["much too long"] * 1000)
    assert Item.seen == 0


@pytest.mark.parametrize(
    "body",
    [
        {f"f{number}": 0 for number in range(900)},
        {"n" * 200_000: 0},
        {"question": "Tea?", "options": [7] * 900},
        {"question": "Tea?", "options": [{f"f{each}": 0 for each in range(15)}] * 50},
        {"question": "Tea?", "options": ["Tea"] * 50},
        {"question": "Tea?", "options": ["Tea", "Milk"], "kind": "x" * 200_000},
        {"question": "Tea?", "options": ["Tea", "Milk"], "closesAt": "x" * 200_000},
        {"question": "Tea?", "options": ["Tea", "Milk"], "embedOrigins": ["x" * 100_000] * 2},
        {f"f{number}": 0 for number in range(20_000)},
    ],
    ids=lambda body: str(body)[:40],
)
def test_the_error_for_a_body_is_bounded(alice: User, client_for: ClientFor, body: Any) -> None:
    response = client_for(alice).post("/api/polls", body)
    assert response.status_code == 400
    assert len(response.content) < MAX_ERROR_BYTES
    assert len(response.json().get("errors", ())) <= MAX_FIELD_ERRORS + 1


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/api/polls", {"state": "x" * 50_000}),
        ("/api/polls", {"creator": "x" * 50_000}),
        ("/api/polls", {"search": "x" * 50_000}),
        ("/api/polls", {"page": "x" * 50_000, "limit": "9" * 50_000}),
        ("/api/polls", {f"p{number}": "x" for number in range(2000)}),
    ],
    ids=lambda each: str(each)[:30],
)
def test_the_error_for_a_query_is_bounded(
    visitor: APIClient, path: str, query: dict[str, str]
) -> None:
    response = visitor.get(path, query)
    assert response.status_code == 400
    assert len(response.content) < MAX_ERROR_BYTES


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[" * MAX_JSON_DEPTH + "]" * MAX_JSON_DEPTH, True),
        ("[" * (MAX_JSON_DEPTH + 1) + "]" * (MAX_JSON_DEPTH + 1), False),
        ('[{"a":' * 100_000, False),
        (json.dumps([0] * (MAX_JSON_VALUES - 1)), True),
        (json.dumps([0] * (MAX_JSON_VALUES + 1)), False),
        (json.dumps([[0]] * MAX_JSON_VALUES), False),
        (json.dumps({"question": ",[{" * 10_000}), True),
        (json.dumps({"question": '\\",[{' * 10_000}), True),
        ('{"' + "\\" * 99_999, True),
    ],
    ids=lambda each: str(each)[:20],
)
def test_json_is_bounded_before_parsing(text: str, expected: bool) -> None:
    assert is_bounded(text.encode()) is expected


@pytest.mark.parametrize("charset", ["punycode", "utf-7", "base64", "utf-16"])
def test_unusual_encodings_are_refused(visitor: APIClient, charset: str) -> None:
    response = visitor.generic(
        "POST", "/api/auth/guest", "{}", content_type=f"application/json; charset={charset}"
    )
    assert (response.status_code, response.json()["code"]) == (400, "request.invalid")


@pytest.mark.parametrize("charset", ["utf-8", "UTF8", "us-ascii", "ISO-8859-1", "windows-1252"])
def test_usual_encodings_are_accepted(visitor: APIClient, charset: str) -> None:
    response = visitor.generic(
        "POST", "/api/auth/guest", "{}", content_type=f"application/json; charset={charset}"
    )
    assert response.status_code == 201
