"""Strict DRF serializers and fields: unknown keys and converted types are errors.

Fields are declared under their names on the wire, in camelCase; ``source`` names the attribute.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from apikit.errors import MAX_FIELD_CHARS, MAX_FIELD_ERRORS
from apikit.text import has_control_characters, is_invisible, normalized

# At most this many characters compose into one.
MAX_CHARS_IN_ONE = 4


def to_camel_case(name: str) -> str:
    """``max_choices`` → ``maxChoices``."""
    return re.sub(r"(?<=[a-z0-9])_([a-z0-9])", lambda match: match[1].upper(), name)


class StrictSerializer(serializers.Serializer[Any]):
    """Accepts each declared key once, in camelCase or snake_case, and refuses all others.

    For the OpenAPI document, as JSON Schema: ``further_rules`` are rules between fields,
    ``shorthand`` is a value that can be sent instead of the object.
    """

    default_error_messages = {"invalid": "Must be an object."}
    further_rules: ClassVar[Mapping[str, Any]] = {}
    shorthand: ClassVar[Mapping[str, Any] | None] = None

    def run_validation(self, data: Any = serializers.empty) -> Any:
        # A body that is null is invalid as any other that is no object.
        is_null_body = data is None and self.parent is None
        return super().run_validation([] if is_null_body else data)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            data = self._with_declared_names(data)
        return super().to_internal_value(data)

    def _with_declared_names(self, data: Mapping[str, Any]) -> dict[str, Any]:
        taken: dict[str, Any] = {}
        errors: dict[str, list[str]] = {}
        for key, value in data.items():
            if len(errors) > MAX_FIELD_ERRORS:
                # No more are listed.
                break
            name = key if key in self.fields else to_camel_case(key[:MAX_FIELD_CHARS])
            if name not in self.fields or self.fields[name].read_only:
                errors[key] = ["There is no such field."]
            elif name in taken:
                errors[key] = ["This field was sent twice, under two spellings."]
            else:
                taken[name] = value
        if errors:
            raise ValidationError(errors)
        return taken


class TextField(serializers.CharField):
    """A JSON string, normalized, without control characters."""

    default_error_messages = {
        "control": "Control characters are not allowed.",
        "invalid": "Not a string.",
    }
    allowed_control_characters = ""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        if has_control_characters(data, allowed=self.allowed_control_characters):
            self.fail("control")
        if is_invisible(data):
            if not self.allow_blank:
                self.fail("blank")
            data = ""
        return super().to_internal_value(data)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        # First, because CharField checks for blank before to_internal_value().
        return super().run_validation(self._normalized(data) if isinstance(data, str) else data)

    def _normalized(self, text: str) -> str:
        text = text.strip()
        assert self.max_length is not None, "normalized() needs a bounded text"
        if len(text) > self.max_length * MAX_CHARS_IN_ONE:
            self.fail("max_length", max_length=self.max_length)
        return normalized(text)


class ParagraphField(TextField):
    """Text with line breaks."""

    allowed_control_characters = "\n"

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if isinstance(data, str):
            data = data.replace("\r\n", "\n")
        return super().run_validation(data)


class BoundedListField(serializers.ListField):
    """A list of at most ``max_length`` items, checked before the items are validated.

    DRF's field validates every item first, and reports an error for each.
    """

    default_error_messages = {"not_a_list": "Must be a list."}

    def to_internal_value(self, data: Any) -> Any:
        assert self.max_length is not None, "lists must be bounded"
        if isinstance(data, list) and len(data) > self.max_length:
            self.fail("max_length", max_length=self.max_length)
        return super().to_internal_value(data)


class SecretField(serializers.CharField):
    """A password or token: a JSON string, unchanged."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"trim_whitespace": False, "write_only": True, **options})

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class StrictBooleanField(serializers.BooleanField):
    """``true`` or ``false``; strings and numbers are refused."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class StrictIntegerField(serializers.IntegerField):
    """A JSON number without a fraction; ``true`` is not 1."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return super().to_internal_value(data)


class StrictNumberField(serializers.FloatField):
    """A finite JSON number; ``true`` is not 1."""

    default_error_messages = {"overflow": "A valid number is required."}

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.fail("invalid")
        try:
            return super().to_internal_value(data)
        except OverflowError:
            self.fail("invalid")


class ChoiceField(serializers.ChoiceField):
    """One of several words, which the error message lists."""

    def __init__(self, choices: Any, **options: Any) -> None:
        super().__init__(choices, **options)
        words = ", ".join(map(str, self.choices))
        self.error_messages["invalid_choice"] = f"Must be one of: {words}."


class IdField(serializers.UUIDField):
    """A UUID as text, with dashes."""

    def to_internal_value(self, data: Any) -> UUID:
        if not isinstance(data, str) or len(data) != 36:
            self.fail("invalid", value=data)
        value: UUID = super().to_internal_value(data)
        return value


class MomentField(serializers.DateTimeField):
    """An ISO 8601 time; without an offset it is UTC."""

    default_error_messages = {
        "invalid": "Must be a time in ISO 8601, such as 2030-05-06T14:00:00Z."
    }

    def to_internal_value(self, value: Any) -> datetime:
        if not isinstance(value, str):
            self.fail("invalid")
        try:
            return super().to_internal_value(value)
        except OverflowError:
            self.fail("overflow")
