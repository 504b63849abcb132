"""Ranking: an order of the options, and how it decides."""

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from polls.kinds.ranking import MAX_RANKED_OPTIONS
from polls.models import PollKind
from web.forms.kinds.base import Asked, KindForm, NumberField, choice

_METHOD_NAMES = {
    "borda": _("Borda count"),
    "schulze": _("Schulze method"),
    "instant_runoff": _("Instant runoff"),
}


class RankingForm(KindForm):
    """All options, or the first few."""

    kind = PollKind.RANKING
    name = _("Ranking")
    task = _("Put options in order")
    options_hint = _("2 to 20 options. Paste a list to add one option per line.")
    options_error = _("Add 2 to 20 options.")
    sentences = {"places": _("Enter a number no larger than the number of options.")}

    method = choice(
        _("Result"),
        [
            (
                "borda",
                _("Borda count: each place gives points, the first the most; the most points win."),
            ),
            (
                "schulze",
                _("Schulze method: the option wins that beats every other one head to head."),
            ),
            (
                "instant_runoff",
                _(
                    "Instant runoff: the option with the fewest first places drops out, and its "
                    "votes move on, until one has the majority."
                ),
            ),
        ],
    )
    places = NumberField(
        label=_("Places to fill"),
        help_text=_("Leave empty if voters have to rank all options."),
        min=1,
        max=MAX_RANKED_OPTIONS,
        is_optional=True,
    )

    @classmethod
    def describe(cls, asked: Asked) -> list[str]:
        places = asked.settings["places"]
        if places is None:
            sentence = ngettext(
                "Voters put %(count)s option in order.",
                "Voters put %(count)s options in order.",
                asked.options,
            )
        else:
            sentence = ngettext(
                "Voters rank up to %(places)s of %(count)s option.",
                "Voters rank up to %(places)s of %(count)s options.",
                asked.options,
            )
        method = {"method": _METHOD_NAMES[asked.settings["method"]]}
        return [
            sentence % {"count": asked.options, "places": places},
            gettext("Result: %(method)s") % method,
        ]
