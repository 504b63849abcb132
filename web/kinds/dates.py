"""The pages of ``dates``: yes, maybe or no for each date, in the reader's time zone."""

from collections.abc import Sequence
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from apikit.errors import ValidationFailedError
from polls.kinds.base import SentAnswer
from polls.kinds.dates import MAYBE, NO, YES, DatesTally
from polls.models import Poll, PollKind
from polls.tally import PollResults
from web.kinds.base import KindPages
from web.kinds.date_rows import ballot_rows, dates_settings, has_times, result_rows
from web.slot_words import when

# A number for each CLDR plural category.
_EXAMPLES = {"zero": 0, "one": 1, "two": 2, "few": 3, "many": 11, "other": 100}


class DatesPages(KindPages):
    """See ``web.kinds.base``."""

    kind = PollKind.DATES
    ballot_modules = ("date_words.js",)
    result_modules = ("date_words.js", "places.js")

    def hint(self, poll: Poll) -> str:
        return _("Answer for each date. Dates without an answer count as “No”.")

    def read_form(self, poll: Poll, fields: QueryDict) -> list[SentAnswer]:
        return [
            SentAnswer(option_id=option.id, score=_read_score(text))
            for option in poll.options.all()
            if (text := fields.get(f"date-{option.id}", ""))
        ]

    def ballot_context(self, poll: Poll, answers: Sequence[SentAnswer]) -> dict[str, Any]:
        scores = {answer.option_id: answer.score for answer in answers}
        levels = [(YES, "yes", _yes()), (MAYBE, "maybe", _maybe()), (NO, "no", _no())]
        if not dates_settings(poll).allows_maybe:
            del levels[1]
        return {
            "dates": ballot_rows(poll, scores),
            "levels": levels,
            "has_times": has_times(poll),
        }

    def result_context(self, poll: Poll, results: PollResults) -> dict[str, Any]:
        return {
            "rows": result_rows(poll, results),
            "allows_maybe": dates_settings(poll).allows_maybe,
            "has_times": has_times(poll),
            "has_votes": bool(results.total_voters),
            "calendar_url": reverse("web:calendar", args=[poll.join_code]),
        }

    def outcome(self, poll: Poll, results: PollResults) -> str:
        tally = results.tally
        if not isinstance(tally, DatesTally) or not results.total_voters:
            return ""
        best = [each for each in tally.options if each.place == 1 and each.yes + each.maybe]
        if len(best) == 1:
            return _("Best date: {date}").format(date=when(best[0].slot))
        return _tie(len(best)).format(count=len(best)) if best else ""

    def texts(self, poll: Poll) -> dict[str, Any]:
        return {
            "allDay": _("All day"),
            "zone": _("Times are in your time zone, {zone}."),
            "best": _("Best date: {date}"),
            "tie": {category: _tie(example) for category, example in _EXAMPLES.items()},
            "line": _("{date}: {yes} yes, {maybe} maybe"),
            "more": {category: _more(example) for category, example in _EXAMPLES.items()},
        }


def _read_score(text: str) -> int:
    if text not in {str(NO), str(MAYBE), str(YES)}:
        raise ValidationFailedError.of("option", _("Answer the question first."))
    return int(text)


def _tie(count: int) -> str:
    return ngettext("{count} date is best", "{count} dates are equally good", count)


def _more(count: int) -> str:
    return ngettext("and {count} more date", "and {count} more dates", count)


def _yes() -> str:
    return pgettext("answer", "Yes")


def _maybe() -> str:
    return pgettext("answer", "Maybe")


def _no() -> str:
    return pgettext("answer", "No")
