"""The pages of ``ranking``: an order of all options, or of the first few."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apikit.errors import ValidationFailedError
from polls.kinds.base import SentAnswer
from polls.models import Poll, PollKind
from polls.tally import PollResults
from web.kinds.base import KindPages
from web.kinds.ranking_results import outcome_of, result_of
from web.kinds.ranking_texts import script_texts


class RankingPages(KindPages):
    """See ``web.kinds.base``.

    Without a script, each option has a field ``rank-<id>`` with its rank or nothing.
    """

    kind = PollKind.RANKING
    ballot_modules = ("dragging.js", "gliding.js", "ranking_grabbing.js", "ranking_list.js")
    result_modules = (
        "gliding.js",
        "ranking_bars.js",
        "ranking_grid.js",
        "ranking_rounds.js",
        "ranking_table.js",
        "ranking_words.js",
        "present/labels.js",
    )

    def hint(self, poll: Poll) -> str:
        limit = _limit(poll)
        if _must_rank_all(poll):
            return _("Rank all %(count)d options. Your first choice is at the top.") % {
                "count": limit
            }
        return ngettext(
            "Rank up to %(count)d option. Your first choice is at the top.",
            "Rank up to %(count)d options. Your first choice is at the top.",
            limit,
        ) % {"count": limit}

    def read_form(self, poll: Poll, fields: QueryDict) -> list[SentAnswer]:
        options = poll.options.all()
        given = {each.id: fields.get(f"rank-{each.id}", "").strip() for each in options}
        try:
            ranks = {option_id: int(text) for option_id, text in given.items() if text}
        except ValueError:
            raise _error(_("Choose a rank for each option from the list.")) from None
        _check_ranks(list(ranks.values()))
        if ranks and _must_rank_all(poll) and len(ranks) < len(options):
            raise _error(_("Rank all %(count)d options.") % {"count": len(options)})
        return [SentAnswer(option_id=option_id, rank=rank) for option_id, rank in ranks.items()]

    def ballot_context(self, poll: Poll, answers: Sequence[SentAnswer]) -> dict[str, Any]:
        options = poll.options.all()
        ranked = [each.option_id for each in answers]
        by_id = {each.id: each for each in options}
        limit = _limit(poll)
        return {
            "ranked": [by_id[each] for each in ranked if each in by_id],
            "unranked": [each for each in options if each.id not in ranked],
            "ranks": range(1, limit + 1),
            "limit": limit,
            "is_partial": not _must_rank_all(poll),
        }

    def result_context(self, poll: Poll, results: PollResults) -> dict[str, Any]:
        return result_of(poll, results)

    def outcome(self, poll: Poll, results: PollResults) -> str:
        return outcome_of(results)

    def texts(self, poll: Poll) -> dict[str, Any]:
        return script_texts()


def _must_rank_all(poll: Poll) -> bool:
    return poll.settings.get("places") is None


def _limit(poll: Poll) -> int:
    """How many options a voter can rank; no query, because the options are loaded."""
    places: int | None = poll.settings.get("places")
    count = len(poll.options.all())
    return count if places is None else min(places, count)


def _check_ranks(ranks: Sequence[int]) -> None:
    """Checks that the ranks are 1, 2, 3 and so on.

    :raises ValidationFailedError: naming the first rank that is given twice, or missing.
    """
    twice = sorted(rank for rank, count in Counter(ranks).items() if count > 1)
    if twice:
        raise _error(_("Give rank %(rank)d to one option only.") % {"rank": twice[0]})
    missing = sorted(set(range(1, len(ranks) + 1)) - set(ranks))
    if missing:
        raise _error(
            _("No option has rank %(rank)d. Give the ranks 1, 2, 3 and so on.")
            % {"rank": missing[0]}
        )


def _error(sentence: str) -> ValidationFailedError:
    return ValidationFailedError.of("option", sentence)
