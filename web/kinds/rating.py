"""The pages of ``rating``: statements on a scale, also yes and no, and STAR."""

from collections.abc import Sequence
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from apikit.errors import ValidationFailedError
from polls.kinds.base import SentAnswer
from polls.kinds.rating import RatingSettings
from polls.models import Poll, PollKind
from polls.tally import PollResults
from web.kinds import rating_results
from web.kinds.base import KindPages
from web.kinds.plurals import plural_forms
from web.kinds.scale import level_name, levels_of, rating_settings


class RatingPages(KindPages):
    """See ``web.kinds.base``."""

    kind = PollKind.RATING
    ballot_modules = ("scale.js",)
    result_modules = (
        "gliding.js",
        "kind_table.js",
        "numbers.js",
        "rating_columns.js",
        "rating_rows.js",
        "rows_result.js",
        "scale.js",
        "star_runoff.js",
        "present/chart.js",
        "present/labels.js",
    )

    def hint(self, poll: Poll) -> str:
        settings = rating_settings(poll)
        if settings.scale == "yes_no":
            return _("Answer yes or no, or abstain.")
        if settings.method == "star":
            sentence = _("Score from 1 (worst) to {highest} (best). Skipped options score 0.")
        else:
            sentence = _("Rate from 1 to {highest}, or skip.")
        return sentence.format(highest=settings.highest)

    def read_form(self, poll: Poll, fields: QueryDict) -> list[SentAnswer]:
        return [
            SentAnswer(option_id=option.id, score=_read_level(text))
            for option in poll.options.all()
            if (text := fields.get(f"score-{option.id}", ""))
        ]

    def ballot_context(self, poll: Poll, answers: Sequence[SentAnswer]) -> dict[str, Any]:
        settings = rating_settings(poll)
        is_yes_no = settings.scale == "yes_no"
        levels = levels_of(settings)
        chosen = {answer.option_id: answer.score for answer in answers}
        # Who abstains from one question of several does not send it.
        default = 0 if answers and is_yes_no else None
        return {
            "levels": levels[::-1] if is_yes_no else levels,
            "is_yes_no": is_yes_no,
            "is_named": bool(settings.labels) and not is_yes_no,
            "steps": settings.highest,
            "statements": [
                {
                    "id": option.id,
                    "text": option.text,
                    "chosen": (level := chosen.get(option.id, default)),
                    "chosen_name": _chosen_name(settings, level, has_voted=bool(answers)),
                }
                for option in poll.options.all()
            ],
        }

    def result_context(self, poll: Poll, results: PollResults) -> dict[str, Any]:
        return rating_results.context(rating_settings(poll), results)

    def outcome(self, poll: Poll, results: PollResults) -> str:
        return rating_results.outcome(rating_settings(poll), results)

    def texts(self, poll: Poll) -> dict[str, Any]:
        return {
            "levelOf": _("{level} of {steps}"),
            "levelNamed": _("{level} of {steps}, {name}"),
            "yes": pgettext("vote", "Yes"),
            "no": pgettext("vote", "No"),
            "abstain": pgettext("vote", "Abstain"),
            "skipped": _("Skipped"),
            "abstained": _("Abstained"),
            "people": plural_forms(rating_results.people_text),
            "median": _("median {median}"),
            "summary": _("{option}: {value}"),
            "summaryYesNo": _("{option}: {yes} yes, {no} no, {abstain} abstain"),
            "best": _("Highest mean: {option}, {value}"),
            "mostYes": _("Most support: {option}, {value} yes"),
            "tied": plural_forms(rating_results.tied_text),
            "winner": pgettext("runoff", "Winner"),
            "wins": _("{option} wins the runoff {most} to {fewest}"),
            "winsByScores": _("{option} wins by its scores; the runoff is tied"),
            "drawn": _("{option} and {other} are tied"),
            "equal": plural_forms(
                lambda count: ngettext(
                    "{count} person scored both the same",
                    "{count} people scored both the same",
                    count,
                )
            ),
        }


def _read_level(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValidationFailedError.of("option", _("Choose one of the levels.")) from None


def _chosen_name(settings: RatingSettings, level: int | None, *, has_voted: bool) -> str:
    """Return the answer in words; statements without one were skipped."""
    if level is None:
        return level_name(settings, 0) if has_voted else ""
    return level_name(settings, level)
