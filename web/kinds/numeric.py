"""The pages of ``numeric``: one number per voter."""

from collections.abc import Sequence
from typing import Any

from django.http import QueryDict
from django.utils.formats import get_format
from django.utils.translation import gettext as _

from apikit.errors import ValidationFailedError
from polls.kinds.base import BallotError, Kind, SentAnswer
from polls.models import Poll, PollKind
from polls.tally import PollResults
from web.kinds import numeric_results
from web.kinds.base import KindPages
from web.kinds.number_input import read_numbers
from web.kinds.numeric_results import plain, settings_of, with_unit
from web.kinds.scale import kind_of

# A slider with more steps can't be set to a certain number.
MAX_SLIDER_STEPS = 1000


class NumericPages(KindPages):
    """See ``web.kinds.base``."""

    kind = PollKind.NUMERIC
    ballot_modules = ("number_input.js", "numbers.js")
    result_modules = ("histogram.js", "histogram_scale.js", "kind_table.js", "numbers.js")

    def hint(self, poll: Poll) -> str:
        settings = settings_of(poll)
        low, high = settings.min, settings.max
        if settings.step == 1 and float(low).is_integer():
            sentence = _("Enter a whole number from {low} to {high}.")
        else:
            sentence = _("Enter a number from {low} to {high} in steps of {step}.")
        return sentence.format(
            low=plain(low), high=with_unit(plain(high), settings.unit), step=plain(settings.step)
        )

    def read_form(self, poll: Poll, fields: QueryDict) -> list[SentAnswer]:
        text = fields.get("number", "").strip()
        if not text:
            return []
        readings = read_numbers(text, get_format("DECIMAL_SEPARATOR"))
        kind = kind_of(poll)
        for number in readings:
            if _fits(kind, number):
                return [SentAnswer(number=number)]
        raise ValidationFailedError.of("option", self.hint(poll))

    def ballot_context(self, poll: Poll, answers: Sequence[SentAnswer]) -> dict[str, Any]:
        settings = settings_of(poll)
        number = answers[0].number if answers else None
        steps = (settings.max - settings.min) / settings.step
        return {
            "settings": settings,
            "value": "" if number is None else plain(number, is_grouped=False),
            "answer": "" if number is None else with_unit(plain(number), settings.unit),
            "low": with_unit(plain(settings.min), settings.unit),
            "high": with_unit(plain(settings.max), settings.unit),
            "has_slider": steps <= MAX_SLIDER_STEPS,
            # The keypad for decimals has no minus on some phones.
            "input_mode": "decimal" if settings.min >= 0 else "text",
            "middle": settings.min + settings.step * round(steps / 2),
        }

    def result_context(self, poll: Poll, results: PollResults) -> dict[str, Any]:
        return numeric_results.context(settings_of(poll), results)

    def outcome(self, poll: Poll, results: PollResults) -> str:
        return numeric_results.outcome(settings_of(poll), results)

    def texts(self, poll: Poll) -> dict[str, Any]:
        return {
            "problem": self.hint(poll),
            "decimal": get_format("DECIMAL_SEPARATOR"),
            "outcome": _("Mean {mean}, median {median}"),
            "deviation": _("Standard deviation {deviation}"),
            "withUnit": _("{number} {unit}"),
            "range": _("{low} to {high}"),
        }


def _fits(kind: Kind, number: float) -> bool:
    try:
        kind.parse([SentAnswer(number=number)])
    except BallotError:
        return False
    return True
