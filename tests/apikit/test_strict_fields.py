"""Strict fields: no converted types, no unknown keys, no duplicates."""

from typing import Any

import pytest
from rest_framework import serializers

from apikit.serializers import (
    BoundedListField,
    IdField,
    MomentField,
    ParagraphField,
    SecretField,
    StrictBooleanField,
    StrictIntegerField,
    StrictNumberField,
    StrictSerializer,
    TextField,
    to_camel_case,
)

ID = "01985c2e-7a4b-7c11-9f0e-3f3b1c7d2a10"


class EverythingSerializer(StrictSerializer):
    """One field of each type."""

    isOpen = StrictBooleanField(required=False, source="is_open")
    maxChoices = StrictIntegerField(required=False, min_value=1, max_value=50, source="max_choices")
    pollId = IdField(required=False, source="poll_id")
    closesAt = MomentField(required=False, source="closes_at")
    title = TextField(required=False, max_length=10)
    body = ParagraphField(required=False, max_length=10)
    secret = SecretField(required=False, max_length=10)
    ids = BoundedListField(required=False, child=IdField(), max_length=2)
    share = StrictNumberField(required=False)
    createdAt = serializers.CharField(read_only=True)


def errors_of(body: Any) -> dict[str, Any]:
    serializer = EverythingSerializer(data=body)
    return {} if serializer.is_valid() else dict(serializer.errors)


def value_of(body: dict[str, Any]) -> Any:
    serializer = EverythingSerializer(data=body)
    serializer.is_valid(raise_exception=True)
    [value] = serializer.validated_data.values()
    return value


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("isOpen", [1, 0, "true", "false", "yes", "", None, [], {}, 1.0]),
        ("maxChoices", [True, False, "1", 1.0, 1.5, "", None, [1], {}, 0, 51, -1, 10**400]),
        (
            "pollId",
            [
                7,
                "",
                None,
                True,
                [ID],
                "{" + ID + "}",
                "urn:uuid:" + ID,
                ID.replace("-", ""),
                ID[:-1] + "g",
                ID + " ",
            ],
        ),
        (
            "closesAt",
            [0, 1767225600, True, "", None, "soon", "2026-13-01T00:00:00Z", "99999-01-01T00:00Z"],
        ),
        ("title", [7, True, None, [], {}, "", "  ", "x" * 11, "two\nlines", "nul\x00"]),
        ("body", [7, True, None, [], {}, "", " \n ", "x" * 11, "tab\there"]),
        ("secret", [7, True, None, [], {}, "", "x" * 11, "nul\x00"]),
    ],
)
def test_what_only_resembles_a_value_is_refused(field: str, values: list[Any]) -> None:
    accepted = [value for value in values if list(errors_of({field: value})) != [field]]
    assert accepted == []


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ({"isOpen": True}, True),
        ({"isOpen": False}, False),
        ({"maxChoices": 50}, 50),
        ({"title": " a\u0308 "}, "ä"),
        ({"body": "one\r\ntwo"}, "one\ntwo"),
        ({"secret": " kept "}, " kept "),
    ],
)
def test_what_fits_is_taken(body: dict[str, Any], value: Any) -> None:
    assert value_of(body) == value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-05-04T09:30:00Z", "2026-05-04T09:30:00+00:00"),
        ("2026-05-04T11:30:00+02:00", "2026-05-04T09:30:00+00:00"),
        ("2026-05-04T09:30:00", "2026-05-04T09:30:00+00:00"),
    ],
)
def test_a_moment_is_kept_in_utc(text: str, expected: str) -> None:
    assert value_of({"closesAt": text}).isoformat() == expected


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_moment_outside_of_the_calendar_is_refused(text: str) -> None:
    assert list(errors_of({"closesAt": text})) == ["closesAt"]


def test_both_spellings_are_taken() -> None:
    assert value_of({"maxChoices": 2}) == value_of({"max_choices": 2}) == 2


def test_both_spellings_at_once_are_refused() -> None:
    assert errors_of({"maxChoices": 2, "max_choices": 3}) == {
        "max_choices": ["This field was sent twice, under two spellings."]
    }
    assert list(errors_of({"max_choices": 3, "maxChoices": 2})) == ["maxChoices"]


@pytest.mark.parametrize(
    "key", ["nope", "maxchoices", "MaxChoices", "max__choices", "_maxChoices", "createdAt", "", " "]
)
def test_an_unknown_key_is_refused_by_its_own_name(key: str) -> None:
    assert errors_of({key: 1}) == {key: ["There is no such field."]}


@pytest.mark.parametrize("body", [None, [], "text", 7, True])
def test_what_is_no_object_is_refused(body: Any) -> None:
    assert errors_of(body) == {"non_field_errors": ["Must be an object."]}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"ids": {}}, "Must be a list."),
        ({"closesAt": "soon"}, "Must be a time in ISO 8601, such as 2030-05-06T14:00:00Z."),
        ({"share": 10**400}, "A valid number is required."),
    ],
)
def test_no_message_speaks_of_python(body: Any, message: str) -> None:
    [messages] = errors_of(body).values()
    assert messages == [message]


@pytest.mark.parametrize(
    ("name", "expected"),
    [("max_choices", "maxChoices"), ("a_b_c", "aBC"), ("title", "title"), ("is_2nd", "is2nd")],
)
def test_names_on_the_wire_are_camel_case(name: str, expected: str) -> None:
    assert to_camel_case(name) == expected
