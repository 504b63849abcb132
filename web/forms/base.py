"""The base of all forms: errors in plain words, next to their field."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from apikit.errors import ApiError, TooManyRequestsError, ValidationFailedError
from apikit.forms import normalized_if_bounded
from apikit.serializers import to_camel_case
from apikit.text import has_control_characters, is_invisible
from web.messages import field_sentence, sentence_of


class TextField(forms.CharField):
    """Text with the same rules as ``apikit.serializers.TextField``."""

    def to_python(self, value: Any) -> str:
        text = normalized_if_bounded(super().to_python(value) or "", self.max_length)
        return "" if is_invisible(text) else text

    def validate(self, value: str) -> None:
        super().validate(value)
        if has_control_characters(value):
            raise ValidationError(_("Remove the control characters."), code="control")


class PageForm(forms.Form):
    """A form whose first error is focused when the page is shown again.

    Services validate; ``refuse`` shows their errors. An error belongs to the field of the same
    name, in snake_case here.
    """

    required_css_class = "required"
    # The status of the response: 200 for invalid input, otherwise that of the error.
    answer_status = 200
    retry_after_s: int | None = None

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **options})

    def refuse(self, error: ApiError, field: str | None = None) -> None:
        """Adds ``error`` to ``field``, to the fields it names, or to the form."""
        if isinstance(error, ValidationFailedError) and error.errors:
            self._refuse_fields(error)
        elif isinstance(error, TooManyRequestsError):
            self.add_error(None, wait_sentence(error))
            self.answer_status, self.retry_after_s = error.http_status, error.retry_after_s
        else:
            self.add_error(field, sentence_of(error))
            if error.http_status >= 500:
                self.answer_status, self.retry_after_s = error.http_status, error.retry_after_s
        self.focus_first_error()

    def is_valid(self) -> bool:
        is_valid = super().is_valid()
        self.focus_first_error()
        return is_valid

    def focus_first_error(self) -> None:
        """Sets ``autofocus`` on the first invalid field, which works without a script."""
        names = [name for name in self.fields if name in self.errors]
        for name, field in self.fields.items():
            field.widget.attrs.pop("autofocus", None)
            if names and name == names[0] and not self.non_field_errors():
                field.widget.attrs["autofocus"] = True

    def _refuse_fields(self, error: ValidationFailedError) -> None:
        names = {to_camel_case(name): name for name in self.fields}
        for each in error.errors:
            self.add_error(
                names.get(each.field.partition(".")[0]), field_sentence(each.field, each.message)
            )


def wait_sentence(error: TooManyRequestsError) -> str:
    """Returns the sentence that says how long to wait."""
    seconds = error.retry_after_s or 0
    if seconds <= 10:
        return gettext("We’re very busy right now. Wait a few seconds, then try again.")
    if seconds < 90:
        return gettext("Too many attempts. Wait a minute, then try again.")
    minutes = -(-seconds // 60)
    return ngettext(
        "Too many attempts. Wait %(minutes)s minute, then try again.",
        "Too many attempts. Wait %(minutes)s minutes, then try again.",
        minutes,
    ) % {"minutes": minutes}
