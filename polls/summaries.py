"""The result of a poll in a few short lines, for messages."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

Json = Mapping[str, Any]
# A text, and what is said about it: an option with its mean, a word with its count.
Line = tuple[str, str]


class Measure(NamedTuple):
    """A text, and the numbers about it. Without a text, they are about the whole poll.

    ``slot`` is the date that the text stands for, on the wire.
    """

    text: str
    numbers: Mapping[str, float]
    slot: Json | None = None


def summarize(results: Json) -> list[Line]:
    """Return what a kind shows besides the counts of options, best first, at most fifty lines.

    ``results`` are on the wire and not hidden. Empty for kinds of which the counts of options say
    everything, and for texts and places, which are too many or say nothing in a line.
    """
    if results["tally"] is None:
        return []
    kind: str = results["tally"]["kind"]
    return [line for measure in measures(results) for line in _say(kind, measure)]


def measures(results: Json) -> list[Measure]:
    """Return the numbers that :func:`patterns` are filled in with; of choices, those of options.

    ``results`` as for :func:`summarize`.
    """
    tally: Json | None = results["tally"]
    if tally is None:
        return [Measure(each["text"], _numbers(each, _OF_CHOICES)) for each in results["options"]]
    texts = {option["id"]: option["text"] for option in results["options"]}
    measure = _MEASURES.get(tally["kind"])
    return [] if measure is None else measure(tally, texts)


def patterns() -> dict[str, str]:
    """Return what is said about a text, translated, by the kind of the poll, with ``{places}``."""
    return {
        "single": "{voteCount} ({percentage} %)",
        "multiple": "{voteCount} ({percentage} %)",
        "questions": "{voteCount}",
        "rating": "{mean}",
        "ranking": _("place {place}"),
        "points": "{points} ({share} %)",
        "dates": _("{yes} yes, {maybe} maybe"),
        "word_cloud": "{count}",
    }


def labels() -> dict[str, str]:
    """Return the names, translated, of numbers about a whole poll."""
    return {"mean": _("Mean"), "median": _("Median")}


_AVERAGES = {"mean", "median"}
_OF_CHOICES = ("voteCount", "percentage")


def _say(kind: str, measure: Measure) -> Iterable[Line]:
    text, numbers, _slot = measure
    if not text:
        return [(labels()[name], _format(name, number)) for name, number in numbers.items()]
    said = {name: _format(name, number) for name, number in numbers.items()}
    return [(text, patterns()[kind].format(**said))]


def _format(name: str, number: float) -> str:
    return f"{number:g}" if name in _AVERAGES else str(number)


def _numbers(fields: Json, names: Iterable[str]) -> dict[str, float]:
    return {name: fields[name] for name in names if fields[name] is not None}


def _rating(tally: Json, texts: Mapping[str, str]) -> list[Measure]:
    rated = [each for each in tally["options"] if each["mean"] is not None]
    rated.sort(key=lambda each: -each["mean"])
    return _of_options(rated, texts, "mean")


def _ranking(tally: Json, texts: Mapping[str, str]) -> list[Measure]:
    return _of_options(tally["options"], texts, "place")


def _points(tally: Json, texts: Mapping[str, str]) -> list[Measure]:
    best = sorted(tally["options"], key=lambda each: -each["points"])
    return _of_options(best, texts, "points", "share")


def _dates(tally: Json, texts: Mapping[str, str]) -> list[Measure]:
    return [
        Measure(texts[each["optionId"]], _numbers(each, ("yes", "maybe")), each["slot"])
        for each in tally["options"]
    ]


def _of_options(options: Iterable[Json], texts: Mapping[str, str], *names: str) -> list[Measure]:
    return [Measure(texts[each["optionId"]], _numbers(each, names)) for each in options]


def _numeric(tally: Json, texts: Mapping[str, str]) -> list[Measure]:
    numbers = _numbers(tally, ("mean", "median"))
    return [Measure("", numbers)] if numbers else []


def _words(tally: Json, texts: Mapping[str, str]) -> list[Measure]:
    return [Measure(each["text"], _numbers(each, ("count",))) for each in tally["words"]]


_MEASURES: Mapping[str, Callable[[Json, Mapping[str, str]], list[Measure]]] = {
    "rating": _rating,
    "ranking": _ranking,
    "points": _points,
    "dates": _dates,
    "numeric": _numeric,
    "word_cloud": _words,
}
