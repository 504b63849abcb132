"""The pages of all kinds of polls."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from polls.models import Poll
from polls.tally import PollResults
from web.kinds.base import KindPages
from web.kinds.dates import DatesPages
from web.kinds.hotspot import HotspotPages
from web.kinds.numeric import NumericPages
from web.kinds.open_text import OpenTextPages
from web.kinds.points import PointsPages
from web.kinds.questions import QuestionsPages
from web.kinds.ranking import RankingPages
from web.kinds.rating import RatingPages
from web.kinds.word_cloud import WordCloudPages
from web.option_rows import option_rows

_PAGES: Mapping[str, KindPages] = MappingProxyType(
    {
        pages.kind: pages
        for pages in (
            DatesPages(),
            HotspotPages(),
            NumericPages(),
            OpenTextPages(),
            PointsPages(),
            QuestionsPages(),
            RankingPages(),
            RatingPages(),
            WordCloudPages(),
        )
    }
)


def pages_of(poll: Poll) -> KindPages | None:
    """Return the pages of the poll's kind; None for single and multiple choice."""
    return _PAGES.get(poll.kind)


def result_context(poll: Poll, results: PollResults, surface: str) -> dict[str, Any]:
    """Return the context of ``parts/kind_result.html`` for a surface: vote, stage or manage."""
    pages = pages_of(poll)
    if pages is None:
        return {"surface": surface, "rows": option_rows(poll, results)}
    return {
        "surface": surface,
        "kind_result": f"web/kinds/{pages.kind}_result.html",
        "kind_style": f"web/css/kinds/{pages.kind}.css",
        "kind_modules": [f"web/js/{name}" for name in modules_of(pages, surface)],
        "results": results,
        "result": pages.result_context(poll, results),
    }


def outcome_of(poll: Poll, results: PollResults) -> str | None:
    """Return the outcome of a closed poll; None for single and multiple choice."""
    pages = pages_of(poll)
    return None if pages is None else pages.outcome(poll, results)


def kind_texts(poll: Poll) -> dict[str, Any]:
    """Return the texts of the kind's scripts, as a part of a page's texts."""
    pages = pages_of(poll)
    return {} if pages is None else {"kind": pages.texts(poll)}


def modules_of(pages: KindPages, surface: str) -> list[str]:
    """Return the modules that the scripts of a kind need, as paths below ``js/``."""
    names = [f"{pages.kind}_result.js", *pages.result_modules]
    if surface == "vote":
        names += [f"{pages.kind}_ballot.js", *pages.ballot_modules]
    return [f"kinds/{name}" for name in dict.fromkeys(names)]
