"""The strict side of DRF's serializers: what comes in is what was declared, or an error.

Fields are declared under the names they have on the wire, in camelCase; ``source`` names the
attribute where it differs.
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

# So many characters at most become one by composing them.
MAX_CHARS_IN_ONE = 4


def to_camel_case(name: str) -> str:
    """``max_choices`` → ``maxChoices``."""
    return re.sub(r"(?<=[a-z0-9])_([a-z0-9])", lambda match: match[1].upper(), name)


class StrictSerializer(serializers.Serializer[Any]):
    """Takes each declared key in camelCase or snake_case, once, and refuses all others.

    For the OpenAPI document: ``further_rules`` are what its fields alone don't say, as JSON
    Schema, ``shorthand`` is what may be sent in its place.
    """

    further_rules: ClassVar[Mapping[str, Any]] = {}
    shorthand: ClassVar[Mapping[str, Any] | None] = None

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            data = self._with_declared_names(data)
        return super().to_internal_value(data)

    def _with_declared_names(self, data: Mapping[str, Any]) -> dict[str, Any]:
        taken: dict[str, Any] = {}
        errors: dict[str, list[str]] = {}
        for key, value in data.items():
            if len(errors) > MAX_FIELD_ERRORS:
                # More are not listed, so they are not looked for.
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
    """Text from a person: a JSON string, normalized, without control characters."""

    default_error_messages = {
        "control": "Control characters are not allowed.",
        "invalid": "Not a text.",
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
        # Before anything else, since CharField tells blank from text by what it is given.
        return super().run_validation(self._normalized(data) if isinstance(data, str) else data)

    def _normalized(self, text: str) -> str:
        text = text.strip()
        assert self.max_length is not None, "normalized() wants a bounded text"
        if len(text) > self.max_length * MAX_CHARS_IN_ONE:
            self.fail("max_length", max_length=self.max_length)
        return normalized(text)


class ParagraphField(TextField):
    """Text that may run over several lines."""

    allowed_control_characters = "\n"

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if isinstance(data, str):
            data = data.replace("\r\n", "\n")
        return super().run_validation(data)


class BoundedListField(serializers.ListField):
    """A list of at most ``max_length`` items; a longer one is refused before its items are read.

    DRF's own validates every item first, and reports an error for each.
    """

    def to_internal_value(self, data: Any) -> Any:
        assert self.max_length is not None, "an unbounded list costs what its sender likes"
        if isinstance(data, list) and len(data) > self.max_length:
            self.fail("max_length", max_length=self.max_length)
        return super().to_internal_value(data)


class SecretField(serializers.CharField):
    """A password or a token: a JSON string, kept to the letter."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"trim_whitespace": False, "write_only": True, **options})

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class StrictBooleanField(serializers.BooleanField):
    """``true`` or ``false``, and nothing that resembles them."""

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


class ChoiceField(serializers.ChoiceField):
    """One of a few words; a refusal lists them."""

    def __init__(self, choices: Any, **options: Any) -> None:
        super().__init__(choices, **options)
        words = ", ".join(map(str, self.choices))
        self.error_messages["invalid_choice"] = f"Not one of the choices: {words}."


class IdField(serializers.UUIDField):
    """A UUID as text, with its dashes."""

    def to_internal_value(self, data: Any) -> UUID:
        if not isinstance(data, str) or len(data) != 36:
            self.fail("invalid", value=data)
        value: UUID = super().to_internal_value(data)
        return value


class MomentField(serializers.DateTimeField):
    """ISO 8601; without an offset it is UTC."""

    def to_internal_value(self, value: Any) -> datetime:
        if not isinstance(value, str):
            self.fail("invalid", format="ISO 8601")
        try:
            return super().to_internal_value(value)
        except OverflowError:
            self.fail("overflow")
