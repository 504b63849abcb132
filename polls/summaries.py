"""The result of a poll in a few short lines, for messages."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

Json = Mapping[str, Any]
# A text, and what is said about it: an option with its mean, a word with its count.
Line = tuple[str, str]


def summarize(results: Json) -> list[Line]:
    """Return what a kind shows besides the counts of options, best first, at most fifty lines.

    ``results`` are on the wire and not hidden. Empty for kinds of which the counts of options say
    everything, and for texts and places, which are too many or say nothing in a line.
    """
    tally: Json | None = results["tally"]
    summary = None if tally is None else _SUMMARIES.get(tally["kind"])
    if tally is None or summary is None:
        return []
    texts = {option["id"]: option["text"] for option in results["options"]}
    return summary(tally, texts)


def _rating(tally: Json, texts: Mapping[str, str]) -> list[Line]:
    rated = [each for each in tally["options"] if each["mean"] is not None]
    rated.sort(key=lambda each: -each["mean"])
    return [(texts[each["optionId"]], f"{each['mean']:g}") for each in rated]


def _ranking(tally: Json, texts: Mapping[str, str]) -> list[Line]:
    return [
        (texts[each["optionId"]], _("place {number}").format(number=each["place"]))
        for each in tally["options"]
    ]


def _points(tally: Json, texts: Mapping[str, str]) -> list[Line]:
    best = sorted(tally["options"], key=lambda each: -each["points"])
    return [(texts[each["optionId"]], f"{each['points']} ({each['share']} %)") for each in best]


def _dates(tally: Json, texts: Mapping[str, str]) -> list[Line]:
    pattern = _("{yes} yes, {maybe} maybe")
    return [
        (texts[each["optionId"]], pattern.format(yes=each["yes"], maybe=each["maybe"]))
        for each in tally["options"]
    ]


def _numeric(tally: Json, texts: Mapping[str, str]) -> list[Line]:
    named = (_("Mean"), tally["mean"]), (_("Median"), tally["median"])
    return [(label, f"{value:g}") for label, value in named if value is not None]


def _words(tally: Json, texts: Mapping[str, str]) -> list[Line]:
    return [(each["text"], str(each["count"])) for each in tally["words"]]


_SUMMARIES: Mapping[str, Callable[[Json, Mapping[str, str]], list[Line]]] = {
    "rating": _rating,
    "ranking": _ranking,
    "points": _points,
    "dates": _dates,
    "numeric": _numeric,
    "word_cloud": _words,
}
