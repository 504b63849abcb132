"""Form fields with the text rules of ``apikit.serializers``."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from apikit.serializers import MAX_CHARS_IN_ONE
from apikit.text import has_control_characters, is_invisible, normalized


def normalized_if_bounded(text: str, max_chars: int | None) -> str:
    """Normalize ``text``, unless it is too long, which the field then refuses.

    Normalizing can take quadratic time.
    """
    assert max_chars is not None, "normalized() needs a bounded text"
    return normalized(text) if len(text) <= max_chars * MAX_CHARS_IN_ONE else text


class LineField(forms.CharField):
    """One line of text, normalized, without control characters."""

    allowed_control_characters = ""

    def to_python(self, value: Any) -> str:
        text = normalized_if_bounded(super().to_python(value) or "", self.max_length)
        if has_control_characters(text, allowed=self.allowed_control_characters):
            raise ValidationError("Control characters are not allowed.", code="control")
        return "" if is_invisible(text) else text


class ParagraphField(LineField):
    """Text with line breaks."""

    allowed_control_characters = "\n"
    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        if isinstance(value, str):
            value = value.replace("\r\n", "\n")
        return super().to_python(value)
