"""Form fields with the rules of ``accounts.identity``."""

from typing import Any

from django import forms

from accounts.identity import EMAIL_MAX_CHARS, normalize_email
from apikit.serializers import MAX_CHARS_IN_ONE


class EmailField(forms.EmailField):
    """An email address, normalized like ``accounts.serializers.EmailField``."""

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        # Normalizing takes quadratic time; the field refuses longer texts.
        is_bounded = len(text) <= EMAIL_MAX_CHARS * MAX_CHARS_IN_ONE
        return normalize_email(text) if is_bounded else text
