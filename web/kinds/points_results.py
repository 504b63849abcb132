"""The results of points, as the template and the stage's sentence show them."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from polls.kinds.points import PointsOption, PointsTally
from polls.tally import PollResults
from web.kinds.numeric_results import EMPTY, plain
from web.numbers import grouped
from web.templatetags.shares import whole_percent


def context(results: PollResults) -> dict[str, Any]:
    """Return the ``result`` of the template."""
    tally = results.tally if isinstance(results.tally, PointsTally) else None
    points = {each.option_id: each for each in tally.options} if tally else {}
    return {
        "rows": [
            {"id": option.id, "text": option.text} | _row(points.get(option.id), option.voter_count)
            for option in results.options
        ]
    }


def outcome(results: PollResults) -> str:
    """Return which option has the most points; empty without votes."""
    if not isinstance(results.tally, PointsTally) or not results.tally.total:
        return ""
    most = max(each.points for each in results.tally.options)
    best = [each.option_id for each in results.tally.options if each.points == most]
    if len(best) > 1:
        return tied_text(len(best)).format(count=len(best))
    [text] = [option.text for option in results.options if option.id == best[0]]
    return _("Most points: {option}").format(option=text)


def tied_text(count: int) -> str:
    return ngettext("{count} option leads", "{count} options are tied", count)


def _row(points: PointsOption | None, voters: int | None) -> dict[str, Any]:
    if points is None:
        return {"share": "", "width": "0%", "mean": "", "cells": [EMPTY] * 4}
    share = whole_percent(points.share)
    mean = EMPTY if points.mean is None else plain(points.mean, 1)
    return {
        "share": share,
        "width": f"{points.share}%",
        "mean": "" if points.mean is None else _("{mean} per voter").format(mean=mean),
        "cells": [grouped(points.points), share, mean, grouped(voters or 0)],
    }
