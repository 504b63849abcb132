"""The form of a poll in the admin, and the formset of its options."""

import json
from typing import TYPE_CHECKING, Any

from django import forms

from accounts.moderation.forms import REASON_MAX_CHARS, ReasonForm, ServiceForm
from apikit.forms import LineField, ParagraphField
from polls.editing import OptionEdit
from polls.models import (
    MAX_OPTIONS,
    OPTION_MAX_CHARS,
    QUESTION_MAX_CHARS,
    QUESTION_MIN_CHARS,
    Option,
    Poll,
    PollKind,
)

# More than the longest settings: fifty dates with times.
SETTINGS_MAX_CHARS = 20_000

if TYPE_CHECKING:
    _OptionFormSet = forms.BaseInlineFormSet[Option, Poll, "OptionForm"]
else:
    _OptionFormSet = forms.BaseInlineFormSet


class SettingsField(forms.CharField):
    """The settings of a kind as a JSON object, which the service checks.

    Not Django's JSONField, which fails for deeply nested input.
    """

    widget = forms.Textarea(attrs={"rows": 6, "cols": 70, "spellcheck": "false", "dir": "ltr"})
    default_error_messages = {"invalid": "Enter a JSON object."}

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=SETTINGS_MAX_CHARS, **options)

    def prepare_value(self, value: Any) -> str:
        return value if isinstance(value, str) else json.dumps(value or {})

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            settings = json.loads(text or "{}", parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            settings = None
        if type(settings) is not dict:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return settings

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.clean(data) != (initial or {}))
        except forms.ValidationError:
            return True


def _refuse_constant(name: str) -> None:
    """JSON has no NaN."""
    raise ValueError(name)


class PollForm(ServiceForm[Poll]):
    question = ParagraphField(
        min_length=QUESTION_MIN_CHARS,
        max_length=QUESTION_MAX_CHARS,
        widget=forms.Textarea(attrs={"rows": 2, "cols": 70}),
    )
    max_choices = forms.IntegerField(
        min_value=1,
        max_value=MAX_OPTIONS,
        required=False,
        help_text="For several choices. Leave empty to allow as many as there are options.",
    )

    settings = SettingsField(
        required=False,
        help_text="Those of the kind by their names in the API, such as {&quot;steps&quot;: 7}. "
        "What is left out has its default.",
    )


class NewPollForm(PollForm):
    is_published = forms.BooleanField(required=False, label="Publish now")


class PollEditForm(PollForm):
    """``revision`` is the one that the form was rendered with, to detect concurrent edits."""

    revision = forms.IntegerField(widget=forms.HiddenInput)

    def changes(self) -> dict[str, Any]:
        """Return the changed fields, as ``update_poll`` takes them."""
        names = set(self.changed_data) - {"revision"}
        if names & {"kind", "max_choices"}:
            names |= {"kind", "max_choices"}
        values = {name: self.cleaned_data[name] for name in sorted(names)}
        if values.get("kind") == PollKind.SINGLE:
            values["max_choices"] = None
        return values


class OptionForm(ServiceForm[Option]):
    text = LineField(
        max_length=OPTION_MAX_CHARS, widget=forms.TextInput(attrs={"class": "vTextField"})
    )
    place = forms.IntegerField(
        min_value=1,
        max_value=MAX_OPTIONS,
        required=False,
        widget=forms.NumberInput(attrs={"class": "moderation-place", "min": 1}),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if not self.is_new:
            self.initial["place"] = self.instance.position + 1

    @property
    def is_new(self) -> bool:
        return self.instance._state.adding  # noqa: SLF001 - Django's documented name


class OptionFormSet(_OptionFormSet):
    """The options as a list of edits, which the service validates."""

    def clean(self) -> None:
        # Skip Django's check, which compares positions.
        return

    def edits(self) -> list[OptionEdit]:
        """Return the options in their new order.

        An option that was given a place goes there; the others keep their order.
        """
        lines = [
            form
            for form in self.forms
            if form not in self.deleted_forms and not (form.is_new and not form.has_changed())
        ]
        placed = [
            form
            for form in lines
            if "place" in form.changed_data and form.cleaned_data["place"] is not None
        ]
        ordered = [form for form in lines if form not in placed]
        for form in sorted(placed, key=lambda form: int(form.cleaned_data["place"])):
            ordered.insert(form.cleaned_data["place"] - 1, form)
        return [
            OptionEdit(form.cleaned_data["text"], None if form.is_new else form.instance.pk)
            for form in ordered
        ]


class HidingForm(ReasonForm):
    """Asks why a poll is hidden: the reason for staff, the message for its creator."""

    message = ParagraphField(
        max_length=REASON_MAX_CHARS,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60}),
        label="Message to the creator",
        help_text="Shown to the creator on the page of the poll. Can be left empty.",
    )
