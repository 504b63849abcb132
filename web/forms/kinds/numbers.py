"""Points for options, and a number."""

from typing import Any

from django import forms
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from polls.kinds.texts import LABEL_MAX_CHARS
from polls.models import PollKind
from web.forms.kinds.base import Asked, KindForm, NumberField, Settings, shown_number, switch
from web.forms.kinds.choices import SingleForm

MAX_POINTS = 1000


class PointsForm(KindForm):
    """Points to divide among the options."""

    kind = PollKind.POINTS
    name = _("Points")
    task = _("Divide points among options")
    options_hint = SingleForm.options_hint
    options_error = SingleForm.options_error
    sentences = {"total": _("Enter a whole number from 1 to 1,000.")}

    total = NumberField(label=_("Points per voter"), min=1, max=MAX_POINTS)
    must_spend_all = switch(_("Voters have to spend all of their points"))

    @classmethod
    def describe(cls, asked: Asked) -> list[str]:
        total = asked.settings["total"]
        if asked.settings["mustSpendAll"]:
            sentence = ngettext(
                "Voters give %(total)s point to the options.",
                "Voters divide %(total)s points among the options.",
                total,
            )
        else:
            sentence = ngettext(
                "Voters can give %(total)s point to the options.",
                "Voters divide up to %(total)s points among the options.",
                total,
            )
        return [sentence % {"total": total}]


class NumericForm(KindForm):
    """A number between bounds."""

    kind = PollKind.NUMERIC
    name = _("Number")
    task = _("Enter a number")
    sentences = {
        "min": _("Enter a number with up to 6 decimals."),
        "max": _("Enter a number larger than the lowest, with up to 6 decimals."),
        "step": _("Enter a number above 0 with up to 6 decimals that makes 1 to 1,000,000 steps."),
        "unit": _("Use up to 60 visible characters."),
    }
    settings_template = "web/maker/row.html"

    min = NumberField(label=_("Lowest number"), is_whole=False)
    max = NumberField(label=_("Highest number"), is_whole=False)
    step = NumberField(label=_("Step"), is_whole=False)
    unit = forms.CharField(
        label=_("Unit"),
        required=False,
        widget=forms.TextInput(attrs={"dir": "auto", "maxlength": LABEL_MAX_CHARS}),
    )

    @classmethod
    def read(cls, settings: Settings) -> dict[str, Any]:
        numbers = {name: shown_number(settings[name]) for name in ("min", "max", "step")}
        return {**numbers, "unit": settings["unit"]}

    @classmethod
    def describe(cls, asked: Asked) -> list[str]:
        unit = f" {asked.settings['unit']}" if asked.settings["unit"] else ""
        low, high, step = (shown_number(asked.settings[name]) for name in ("min", "max", "step"))
        numbers = {"low": low + unit, "high": high + unit, "step": step + unit}
        return [
            gettext("Voters enter a number from %(low)s to %(high)s, in steps of %(step)s.")
            % numbers
        ]
