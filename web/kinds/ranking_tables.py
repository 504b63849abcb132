"""The tables of rankings: the order of the options, or the rounds of an instant runoff."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from polls.kinds.ranking import RankedOption, RankingTally
from polls.kinds.runoff import RunoffResult
from polls.models import Poll
from polls.tally import OptionTally, PollResults
from web.kinds.ranking_texts import result_texts
from web.numbers import grouped
from web.templatetags.shares import whole_percent

# What stands for a number that this person may not see, or that there is none of.
NONE = "–"


@dataclass(frozen=True, slots=True)
class Table:
    """``heads`` name the columns; each row is a label and a cell for each further column."""

    heads: Sequence[str]
    rows: Sequence[tuple[str, Sequence[str]]]


def table_of(poll: Poll, results: PollResults, tally: RankingTally | None) -> Table:
    """Return the table beside the picture: the rounds once they are counted, else the order."""
    texts = result_texts()
    if tally is not None and tally.runoff is not None and tally.runoff.rounds:
        return _rounds(tally.runoff, {each.id: each.text for each in results.options}, texts)
    method, is_partial = poll.settings["method"], poll.settings["places"] is not None
    names = {
        "borda": ["option", "place", "points", "firsts"],
        "schulze": ["option", "place", "wins", "ties", "losses", "firsts"],
        "instant_runoff": ["option", "place", "firsts", "share"],
    }[method]
    if is_partial:
        names = [*names, "rankedBy"]
    return Table(
        [texts["heads"][name] for name in names], _ranked_rows(names[1:], results, tally, texts)
    )


def _ranked_rows(
    names: Sequence[str], results: PollResults, tally: RankingTally | None, texts: Mapping[str, Any]
) -> list[tuple[str, list[str]]]:
    if tally is None:
        return [(each.text, [NONE] * len(names)) for each in results.options]
    by_id = {each.id: each for each in results.options}
    return [
        (by_id[ranked.option_id].text, [cells[name] for name in names])
        for index, ranked in enumerate(tally.options)
        if ranked.option_id in by_id
        for cells in [_cells(index, ranked, by_id[ranked.option_id], results, tally, texts)]
    ]


def _cells(
    index: int,
    ranked: RankedOption,
    option: OptionTally,
    results: PollResults,
    tally: RankingTally,
    texts: Mapping[str, Any],
) -> dict[str, str]:
    """The cells of an option by the name of their column."""
    voters = results.total_voters or 0
    others = [other for other in range(len(tally.wins)) if other != index]
    differences = [tally.wins[index][each] - tally.wins[each][index] for each in others]
    return {
        "place": str(ranked.place) if voters else NONE,
        "points": grouped(ranked.points),
        "firsts": grouped(ranked.firsts),
        "share": whole_percent(ranked.share),
        "wins": str(sum(each > 0 for each in differences)),
        "ties": str(sum(each == 0 for each in differences)),
        "losses": str(sum(each < 0 for each in differences)),
        "rankedBy": texts["cells"]["of"].format(
            count=grouped(option.voter_count or 0), total=grouped(voters)
        ),
    }


def _rounds(runoff: RunoffResult, names: Mapping[UUID, str], texts: Mapping[str, Any]) -> Table:
    """A column for each round, with the winner first and the first eliminated last."""
    heads = [texts["heads"]["option"]]
    heads += [texts["heads"]["round"].format(round=n) for n in range(1, len(runoff.rounds) + 1)]
    heads.append(texts["heads"]["outcome"])
    rows = [
        (
            names.get(option_id, ""),
            [
                grouped(each.counts[each.option_ids.index(option_id)])
                if option_id in each.option_ids
                else NONE
                for each in runoff.rounds
            ]
            + [_fate(option_id, runoff, texts["cells"])],
        )
        for option_id in runoff.order
    ]
    if any(each.exhausted for each in runoff.rounds):
        exhausted = [grouped(each.exhausted) for each in runoff.rounds]
        rows.append((texts["cells"]["none"], [*exhausted, ""]))
    return Table(heads, rows)


def _fate(option_id: UUID, runoff: RunoffResult, texts: Mapping[str, str]) -> str:
    """How an option left the count."""
    for number, each in enumerate(runoff.rounds, start=1):
        if each.eliminated_id == option_id:
            return texts["outTied" if each.is_tied else "out"].format(round=number)
    return texts["won"] if option_id == runoff.winner_id else texts["left"]
