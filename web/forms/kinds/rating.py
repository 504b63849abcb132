"""Rating: statements on a scale, or yes, no and abstain."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from polls.kinds.rating import YES_NO_STEPS
from polls.kinds.texts import LABEL_MAX_CHARS
from polls.models import PollKind
from web.forms.kinds.base import Asked, KindForm, Settings, choice, read_whole

MIN_STEPS, MAX_STEPS = 3, 11


class LabelsWidget(forms.Widget):
    """A text field for each level that a scale can have."""

    template_name = "web/maker/labels.html"

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        return data.getlist(name)[:MAX_STEPS] if isinstance(data, QueryDict) else []

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        texts = list(value or ())
        texts += [""] * (MAX_STEPS - len(texts))
        return {
            **super().get_context(name, value, attrs),
            "levels": list(enumerate(texts, start=1)),
            "max_chars": LABEL_MAX_CHARS,
        }


class LabelsField(forms.Field):
    """A list of texts as they were sent."""

    widget = LabelsWidget

    def clean(self, value: Any) -> list[str]:
        return [str(each).strip() for each in value or ()]


class RatingForm(KindForm):
    """Levels without a label have their number for one, which is not shown in the form."""

    kind = PollKind.RATING
    name = _("Rating")
    task = _("Rate statements on a scale")
    options_label = _("Statements")
    options_hint = _("1 to 50 statements to rate. Paste a list to add one per line.")
    options_error = _("Add 1 to 50 statements, and 2 to 20 with STAR.")
    sentences = {
        "steps": _("Choose 3 to 11 levels."),
        "labels": _("Use up to 60 visible characters for each level."),
    }
    settings_template = "web/maker/rating.html"

    scale = choice(_("Scale"), [("steps", _("Levels")), ("yes_no", _("Yes, no or abstain"))])
    steps = forms.CharField(
        label=_("Number of levels"),
        required=False,
        widget=forms.Select(choices=[(each, each) for each in range(MIN_STEPS, MAX_STEPS + 1)]),
    )
    labels = LabelsField(
        label=_("Labels"), required=False, help_text=_("Optional, from the lowest to the highest.")
    )
    method = choice(
        _("Result"),
        [
            ("mean", _("Mean: the statements are listed with their mean rating.")),
            (
                "star",
                _(
                    "STAR: the two statements with the highest sums go into a runoff, and the one "
                    "that more people rated higher wins."
                ),
            ),
        ],
    )

    @classmethod
    def read(cls, settings: Settings) -> dict[str, Any]:
        labels = enumerate(settings["labels"], start=1)
        blank = ["" if text == str(level) else text for level, text in labels]
        return {**super().read(settings), "labels": blank}

    def settings(self) -> dict[str, Any]:
        settings = super().settings()
        settings["steps"] = read_whole(settings.get("steps", ""))
        settings["labels"] = _complete(settings.get("labels", ()), settings)
        return settings

    @classmethod
    def describe(cls, asked: Asked) -> list[str]:
        numbers = {"count": asked.options, "steps": asked.settings["steps"]}
        if asked.settings["scale"] == "yes_no":
            sentence = ngettext(
                "Voters answer %(count)s statement with yes or no, or abstain.",
                "Voters answer %(count)s statements with yes or no, or abstain.",
                asked.options,
            )
        else:
            sentence = ngettext(
                "Voters rate %(count)s statement from 1 to %(steps)s.",
                "Voters rate %(count)s statements from 1 to %(steps)s.",
                asked.options,
            )
        lines = [sentence % numbers]
        if asked.settings["labels"]:
            lines.append(
                gettext("Labels: %(labels)s") % {"labels": ", ".join(asked.settings["labels"])}
            )
        if asked.settings["method"] == "star":
            lines.append(gettext("STAR decides which statement wins."))
        return lines


def _complete(labels: Sequence[str], settings: Settings) -> list[str]:
    """Returns a label for each level if any was entered."""
    is_yes_no = settings.get("scale") == "yes_no"
    steps = settings["steps"]
    highest = YES_NO_STEPS if is_yes_no else steps if isinstance(steps, int) else MAX_STEPS
    # A scale can have got shorter.
    labels = list(labels)[: max(highest, 0)]
    if not any(labels):
        return []
    missing = [gettext("No"), gettext("Yes")] if is_yes_no else range(1, len(labels) + 1)
    return [text or str(other) for text, other in zip(labels, missing, strict=False)]
