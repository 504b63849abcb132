"""The results of a rating, as the template and the stage's sentence show them."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from polls.kinds.rating import RatedOption, RatingSettings, RatingTally
from polls.tally import PollResults
from web.kinds.scale import levels_of
from web.numbers import grouped, rounded
from web.templatetags.shares import whole_percent

EMPTY = "–"


class Segment(NamedTuple):
    """A part of a stacked bar: its class, start and length in percent."""

    name: str
    x: str
    width: str


def context(settings: RatingSettings, results: PollResults) -> dict[str, Any]:
    """Return the ``result`` of the template."""
    levels = levels_of(settings)
    is_yes_no = settings.scale == "yes_no"
    return {
        "levels": levels[::-1] if is_yes_no else levels,
        "is_yes_no": is_yes_no,
        "is_star": settings.method == "star",
        "rows": [
            _row(settings, option_id, text, rated, results.total_voters)
            for option_id, text, rated in _rated_options(results)
        ],
        "runoff": _runoff(results),
    }


def outcome(settings: RatingSettings, results: PollResults) -> str:
    """Return which statement has the highest mean, or which option wins."""
    if not isinstance(results.tally, RatingTally):
        return ""
    texts = {option.id: option.text for option in results.options}
    if results.tally.star is not None:
        return _star_outcome(results.tally, texts)
    means = {each.option_id: _strength(settings, each) for each in results.tally.options}
    best = [id_ for id_, mean in means.items() if mean and mean == max(means.values())]
    if not best:
        return ""
    if len(best) > 1:
        return tied_text(len(best)).format(count=len(best))
    [rated] = [each for each in results.tally.options if each.option_id == best[0]]
    is_yes_no = settings.scale == "yes_no"
    sentence = (
        _("Most support: {option}, {value} yes")
        if is_yes_no
        else _("Highest mean: {option}, {value}")
    )
    return sentence.format(option=texts[best[0]], value=_value(settings, rated))


def people_text(total: int) -> str:
    return ngettext("{count} of {total} person", "{count} of {total} people", total)


def tied_text(count: int) -> str:
    return ngettext("{count} option leads", "{count} options are tied", count)


def decimal(value: float | None, digits: int = 1) -> str:
    """Return a number with this many decimals; a dash for none."""
    return EMPTY if value is None else number_format(rounded(value, digits), digits)


def _rated_options(results: PollResults) -> list[tuple[UUID, str, RatedOption | None]]:
    tally = results.tally if isinstance(results.tally, RatingTally) else None
    rated = {each.option_id: each for each in tally.options} if tally else {}
    return [(option.id, option.text, rated.get(option.id)) for option in results.options]


def _row(
    settings: RatingSettings, id_: UUID, text: str, rated: RatedOption | None, total: int | None
) -> dict[str, Any]:
    row: dict[str, Any] = {"id": id_, "text": text}
    if rated is None:
        empty = [EMPTY] * (settings.highest + 4)
        return row | {"segments": [], "value": "", "people": "", "cells": empty}
    counts = rated.distribution[::-1] if settings.scale == "yes_no" else rated.distribution
    return row | {
        "segments": _segments(settings, rated),
        "value": _value(settings, rated),
        "people": _base(settings, rated, total or 0),
        "cells": [
            decimal(rated.mean, 2),
            decimal(rated.median, 1),
            *(grouped(each) for each in (rated.rated, rated.skipped, *counts)),
        ],
    }


def _base(settings: RatingSettings, rated: RatedOption, total: int) -> str:
    """Return how many people have rated, and their median level."""
    if not total:
        return ""
    people = people_text(total).format(count=grouped(rated.rated), total=grouped(total))
    if settings.scale == "yes_no" or settings.method == "star" or rated.median is None:
        return people
    digits = 0 if rated.median.is_integer() else 1
    return f"{_('median {median}').format(median=decimal(rated.median, digits))} · {people}"


def _segments(settings: RatingSettings, rated: RatedOption) -> list[Segment]:
    """Return the stacked bar: levels from the lowest; yes, abstain, no; or the STAR score."""
    if settings.method == "star":
        most = (rated.rated + rated.skipped) * settings.highest
        return _stack([("score", score_of(rated))], most)
    levels = [
        (str(each.colour), rated.distribution[each.value - 1]) for each in levels_of(settings)
    ]
    if settings.scale == "yes_no":
        no, yes = levels
        return _stack([yes, ("abstain", rated.skipped), no], rated.rated + rated.skipped)
    return _stack(levels, rated.rated)


def _stack(parts: Sequence[tuple[str, int]], total: int) -> list[Segment]:
    segments, before = [], 0
    for name, count in parts:
        x, width = (100 * each / total if total else 0 for each in (before, count))
        segments.append(Segment(name, f"{x:.3f}%", f"{width:.3f}%"))
        before += count
    return segments


def score_of(rated: RatedOption) -> int:
    """Return the sum of the levels."""
    return sum(level * count for level, count in enumerate(rated.distribution, start=1))


def _strength(settings: RatingSettings, rated: RatedOption) -> float:
    """What statements are compared by: the mean, or the share of yes."""
    if settings.scale == "yes_no":
        return rated.distribution[1] / ((rated.rated + rated.skipped) or 1)
    return rated.mean or 0.0


def _value(settings: RatingSettings, rated: RatedOption) -> str:
    """Return the number beside a bar: the share of yes, the score, or the mean."""
    if settings.scale == "yes_no":
        voted = rated.rated + rated.skipped
        return whole_percent(100 * _strength(settings, rated)) if voted else EMPTY
    return grouped(score_of(rated)) if settings.method == "star" else decimal(rated.mean)


def _runoff(results: PollResults) -> dict[str, Any] | None:
    """Return the two finalists of STAR with their shares; None without votes."""
    star = results.tally.star if isinstance(results.tally, RatingTally) else None
    if star is None or len(star.finalists) < 2:
        return None
    texts = {option.id: option.text for option in results.options}
    first, second = star.finalists
    parts = [("first", first.preferred), ("equal", star.equal), ("second", second.preferred)]
    return {
        "segments": _stack(parts, sum(count for _name, count in parts)),
        "first": texts[first.option_id],
        "second": texts[second.option_id],
        "most": first.preferred,
        "fewest": second.preferred,
        "equal": star.equal,
        "is_tied": star.is_tied,
    }


def _star_outcome(tally: RatingTally, texts: dict[UUID, str]) -> str:
    star = tally.star
    if star is None or len(star.finalists) < 2:
        return ""
    first, second = star.finalists
    if star.is_tied:
        return _("{option} and {other} are tied").format(
            option=texts[first.option_id], other=texts[second.option_id]
        )
    if first.preferred == second.preferred:
        return _("{option} wins by its scores; the runoff is tied").format(
            option=texts[first.option_id]
        )
    return _("{option} wins the runoff {most} to {fewest}").format(
        option=texts[first.option_id], most=first.preferred, fewest=second.preferred
    )
