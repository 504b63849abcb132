"""The base of the forms of the kinds: fields to settings, and settings to fields and sentences."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from pydantic.alias_generators import to_camel, to_snake

from polls.kind_settings import complete_settings
from polls.kinds.registry import KINDS
from polls.models import PollKind

# Python refuses to parse integers of unlimited length.
MAX_DIGITS = 18

Settings = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a poll asks for: all settings of its kind, and the number of its options."""

    settings: Settings
    max_choices: int
    options: int


class KindForm(forms.Form):
    """The fields for the settings of one kind, named after them in snake_case.

    ``polls.kind_settings`` validates the settings; ``sentences`` says for each field what it can
    be. The form of another kind is a subclass, listed in ``web.forms.kinds.registry``.
    """

    kind: ClassVar[PollKind]
    name: ClassVar[Promise]
    # What voters do, after "Voters", as an imperative of a few words.
    task: ClassVar[Promise]
    options_label: ClassVar[Promise] = _("Options")
    options_hint: ClassVar[Promise | str] = ""
    options_error: ClassVar[Promise | str] = ""
    sentences: ClassVar[Mapping[str, Promise]] = {}
    settings_template = "web/maker/settings.html"

    def __init__(self, data: Any = None, *, settings: Settings | None = None) -> None:
        initial = self.read(complete_settings(self.kind, settings or {}))
        super().__init__(data, prefix=self.kind.value, initial=initial, label_suffix="")

    @classmethod
    def read(cls, settings: Settings) -> dict[str, Any]:
        """Returns the initial values of the fields; ``settings`` are complete."""
        return {name: settings[to_camel(name)] for name in cls.base_fields}

    def settings(self) -> dict[str, Any]:
        """Returns the settings by their names on the wire, from the submitted fields."""
        self.full_clean()
        sent = {name: value for name, value in self.cleaned_data.items() if value is not None}
        for name, field in self.fields.items():
            if isinstance(field, forms.ChoiceField) and not sent.get(name):
                sent.pop(name, None)
        return {to_camel(name): value for name, value in sent.items()}

    @classmethod
    def describe(cls, asked: Asked) -> list[str]:
        """Returns sentences about what voters do."""
        raise NotImplementedError

    @classmethod
    def takes_options(cls) -> bool:
        """Whether organisers enter options."""
        return KINDS[cls.kind].max_options > 0

    @property
    def is_broken(self) -> bool:
        """Whether fields could not even be read."""
        return bool(self.errors)

    def refuse(self, field: str, message: str) -> str:
        """Adds an error to the field with the setting ``field``, such as ``labels.2``.

        Returns the sentence if there is no such field.
        """
        name = to_snake(field.partition(".")[0])
        sentence = str(self.sentences.get(name, message))
        if name not in self.fields:
            return sentence
        if sentence not in self.errors.get(name, ()):
            self.add_error(name, sentence)
        return ""

    def focus_first_error(self) -> bool:
        """Sets ``autofocus`` on the first invalid field; returns whether there is one."""
        for name, field in self.fields.items():
            if name in self.errors:
                field.widget.attrs["autofocus"] = True
                return True
        return False


class NumberField(forms.CharField):
    """A number as JSON has it; anything else stays a text, which the kind refuses.

    An ``is_optional`` one that is empty is None, and the setting has its default.
    """

    def __init__(self, *, is_whole: bool = True, is_optional: bool = False, **options: Any) -> None:
        attrs = {"inputmode": "numeric"} if is_whole else {"inputmode": "decimal", "step": "any"}
        bounds: dict[str, Any] = {
            name: options.pop(name) for name in ("min", "max") if name in options
        }
        widget = forms.NumberInput(attrs={**attrs, **bounds, "dir": "ltr"})
        super().__init__(required=False, widget=widget, **options)
        self.is_whole, self.is_optional = is_whole, is_optional

    def clean(self, value: Any) -> Any:
        text = super().clean(value).strip()
        if not text and self.is_optional:
            return None
        return read_whole(text) if self.is_whole else _read_number(text)

    def prepare_value(self, value: Any) -> Any:
        """Shows 5.0 as 5."""
        return int(value) if isinstance(value, float) and value.is_integer() else value


def read_whole(text: str) -> int | str:
    """Returns a whole number, or the text if it is none."""
    digits = text.removeprefix("-")
    is_number = digits.isascii() and digits.isdecimal() and len(digits) <= MAX_DIGITS
    return int(text) if is_number else text


def _read_number(text: str) -> float | str:
    try:
        number = float(text)
    except ValueError:
        return text
    return number if math.isfinite(number) else text


def switch(label: Any, **options: Any) -> forms.BooleanField:
    """Returns a checkbox."""
    return forms.BooleanField(label=label, required=False, **options)


def choice(label: Any, choices: list[tuple[str, Any]]) -> forms.ChoiceField:
    """Returns radio buttons."""
    return forms.ChoiceField(
        label=label,
        choices=choices,
        required=False,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": _("Choose one of the list.")},
    )


def shown_number(value: float) -> str:
    """Returns a number without a needless fraction."""
    return str(int(value)) if float(value).is_integer() else str(value)
