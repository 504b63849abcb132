"""The form of a poll on the desk, and the lines of its options."""

from typing import TYPE_CHECKING, Any

from django import forms

from accounts.desk_forms import REASON_MAX_CHARS, ReasonForm, ServiceForm
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

if TYPE_CHECKING:
    _OptionFormSet = forms.BaseInlineFormSet[Option, Poll, "OptionForm"]
else:
    _OptionFormSet = forms.BaseInlineFormSet


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
        help_text="For several choices; left empty, as many as there are options.",
    )


class NewPollForm(PollForm):
    is_published = forms.BooleanField(required=False, label="Publish at once")


class PollEditForm(PollForm):
    """``revision`` is that of the poll as it was shown, so that nobody's edit is written over."""

    revision = forms.IntegerField(widget=forms.HiddenInput)

    def changes(self) -> dict[str, Any]:
        """What was changed, as ``update_poll`` takes it."""
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
        widget=forms.NumberInput(attrs={"class": "desk-place", "min": 1}),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if not self.is_new:
            self.initial["place"] = self.instance.position + 1

    @property
    def is_new(self) -> bool:
        return self.instance._state.adding  # noqa: SLF001 - Django's documented name


class OptionFormSet(_OptionFormSet):
    """The lines as a list of edits; the service says whether the list may be."""

    def clean(self) -> None:
        # Without Django's, which would compare positions.
        return

    def edits(self) -> list[OptionEdit]:
        """The options as they are to be: those that were given a place are put there, among the
        others as they were."""
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
    """Why a poll is hidden: for staff, and for its creator."""

    message = ParagraphField(
        max_length=REASON_MAX_CHARS,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60}),
        label="Message to the creator",
        help_text="The creator reads this on the page of the poll. May be left empty.",
    )
