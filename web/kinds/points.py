"""The pages of ``points``: each voter divides points among the options."""

from collections.abc import Sequence
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apikit.errors import ValidationFailedError
from polls.kinds.base import SentAnswer
from polls.kinds.points import PointsSettings
from polls.models import Poll, PollKind
from polls.tally import PollResults
from web.kinds import points_results
from web.kinds.base import KindPages
from web.kinds.number_input import read_numbers
from web.kinds.plurals import plural_forms
from web.kinds.scale import kind_of

# So few points are shown as dots, and need no slider.
MAX_DOTS = 12


class PointsPages(KindPages):
    """See ``web.kinds.base``."""

    kind = PollKind.POINTS
    ballot_modules = ("number_input.js", "numbers.js")
    result_modules = (
        "gliding.js",
        "kind_table.js",
        "numbers.js",
        "points_rows.js",
        "rows_result.js",
        "present/chart.js",
        "present/labels.js",
    )

    def hint(self, poll: Poll) -> str:
        settings = settings_of(poll)
        sentence = _all_text if settings.must_spend_all else _some_text
        return sentence(settings.total).format(count=settings.total)

    def read_form(self, poll: Poll, fields: QueryDict) -> list[SentAnswer]:
        settings = settings_of(poll)
        answers = []
        for option in poll.options.all():
            points = _read_points(fields.get(f"points-{option.id}", ""))
            if points:
                answers.append(SentAnswer(option_id=option.id, score=points))
        spent = sum(each.score or 0 for each in answers)
        if problem := _problem(settings, spent):
            raise ValidationFailedError.of("option", problem)
        return answers

    def ballot_context(self, poll: Poll, answers: Sequence[SentAnswer]) -> dict[str, Any]:
        settings = settings_of(poll)
        points = {answer.option_id: answer.score for answer in answers}
        return {
            "total": settings.total,
            "has_dots": settings.total <= MAX_DOTS,
            "options": [
                {
                    "id": option.id,
                    "text": option.text,
                    "points": points.get(option.id, 0),
                    "answer": points_text(points.get(option.id) or 0),
                }
                for option in poll.options.all()
            ],
        }

    def result_context(self, poll: Poll, results: PollResults) -> dict[str, Any]:
        return points_results.context(results)

    def outcome(self, poll: Poll, results: PollResults) -> str:
        return points_results.outcome(results)

    def texts(self, poll: Poll) -> dict[str, Any]:
        return {
            "left": plural_forms(_left_text),
            "spendAll": plural_forms(_spend_all_text),
            "points": plural_forms(
                lambda count: ngettext("{count} point", "{count} points", count)
            ),
            "most": _("No more points left. Take some away from another option first."),
            "wrong": _("Enter whole numbers."),
            "perVoter": _("{mean} per voter"),
            "summary": _("{option}: {share}"),
            "outcome": _("Most points: {option}"),
            "tied": plural_forms(points_results.tied_text),
            "mark": _("Most points"),
            "markTied": _("Tied"),
        }


def settings_of(poll: Poll) -> PointsSettings:
    """Return the settings of a poll with points."""
    settings = kind_of(poll).settings
    assert isinstance(settings, PointsSettings)
    return settings


def points_text(count: int) -> str:
    return ngettext("{count} point", "{count} points", count).format(count=count)


def _all_text(count: int) -> str:
    return ngettext(
        "Give {count} point to an option.", "Divide {count} points among the options.", count
    )


def _some_text(count: int) -> str:
    return ngettext(
        "Give up to {count} point to an option.",
        "Divide up to {count} points among the options.",
        count,
    )


def _left_text(count: int) -> str:
    return ngettext("{count} left", "{count} left", count)


def _spend_all_text(count: int) -> str:
    return ngettext("{count} point is left to give.", "{count} points are left to give.", count)


def _read_points(text: str) -> int:
    """Return whole points; 0 for an empty field."""
    if not text.strip():
        return 0
    for number in read_numbers(text, "."):
        if number >= 0 and number.is_integer():
            return int(number)
    raise ValidationFailedError.of("option", _("Enter whole numbers."))


def _problem(settings: PointsSettings, spent: int) -> str:
    """Return why these points can't be sent; empty if they can, or if there are none."""
    if not spent:
        return ""
    left = settings.total - spent
    if left < 0:
        sentence = ngettext(
            "That is {count} point too many.", "That is {count} points too many.", -left
        )
        return sentence.format(count=-left)
    if left and settings.must_spend_all:
        return _spend_all_text(left).format(count=left)
    return ""
