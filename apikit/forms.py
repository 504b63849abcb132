"""Form fields that hold text to the rules of ``apikit.serializers``."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from apikit.text import has_control_characters, is_invisible, normalized


class LineField(forms.CharField):
    """One line of text, normalized, without control characters."""

    allowed_control_characters = ""

    def to_python(self, value: Any) -> str:
        text = normalized(super().to_python(value) or "")
        if has_control_characters(text, allowed=self.allowed_control_characters):
            raise ValidationError("Control characters are not allowed.", code="control")
        return "" if is_invisible(text) else text


class ParagraphField(LineField):
    """Text that may run over several lines."""

    allowed_control_characters = "\n"
    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        if isinstance(value, str):
            value = value.replace("\r\n", "\n")
        return super().to_python(value)
