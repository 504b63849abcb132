"""The results of ``ranking`` as its template shows them; ``js/kinds/ranking_*.js`` do the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from polls.kinds.ranking import RankedOption, RankingTally
from polls.kinds.runoff import RunoffResult
from polls.models import Poll
from polls.tally import OptionTally, PollResults
from web.kinds.ranking_tables import table_of
from web.kinds.ranking_texts import points_text, result_texts, votes_text
from web.numbers import grouped
from web.templatetags.shares import whole_percent


@dataclass(frozen=True, slots=True)
class Bar:
    """An option as a bar; ``share`` is its length in percent.

    Without votes, and while the results are hidden, ``place`` is 0 and the texts are empty.
    """

    option: OptionTally
    place: int
    share: float
    value: str
    detail: str
    base: str


@dataclass(frozen=True, slots=True)
class Square:
    """A square of the head-to-head grid; None on its diagonal.

    ``fill`` is the share of the voters that prefer the row, and ``outcome`` wins, loses or ties.
    """

    wins: int
    fill: float
    outcome: str
    words: str


def result_of(poll: Poll, results: PollResults) -> dict[str, Any]:
    """Return the context of ``kinds/ranking_result.html``."""
    tally = _tally(results)
    method = str(poll.settings["method"])
    is_pairs = method == "schulze"
    return {
        "method": method,
        "bars": [] if is_pairs else _bars(poll, results, tally),
        "grid": _grid(results, tally) if is_pairs else [],
        "note": note_of(method, results, tally),
        "table": table_of(poll, results, tally),
    }


def note_of(method: str, results: PollResults, tally: RankingTally | None) -> str:
    """Return how to read the picture."""
    texts = result_texts()
    match method:
        case "borda":
            most = len(results.options) - 1
            points = points_text(most).format(count=most)
            return str(texts["pointsNote"]).format(points=points)
        case "schulze":
            return str(texts["pairsNote"])
    if tally is None or tally.runoff is None:
        return str(texts["firstsNote"])
    return ""


def outcome_of(results: PollResults) -> str:
    """Return the outcome of a closed poll as a sentence; empty while the results are hidden."""
    tally, texts = _tally(results), result_texts()
    if tally is None or not results.total_voters:
        return ""
    names = {each.id: each.text for each in results.options}
    if tally.method == "instant_runoff":
        if tally.runoff is None:
            return str(texts["counting"])
        return _runoff_outcome(tally.runoff, names, texts)
    first = [each for each in tally.options if each.place == 1]
    if len(first) > 1:
        listed = str(texts["separator"]).join(names[each.option_id] for each in first)
        return str(texts["level"]).format(options=listed)
    option = names[first[0].option_id]
    if tally.method == "borda":
        points = points_text(first[0].points).format(count=grouped(first[0].points))
        return str(texts["wins"]).format(option=option, value=points)
    return str(texts["beatsAll" if _beats_all(tally.wins) else "winsPlainly"]).format(option=option)


def _runoff_outcome(
    runoff: RunoffResult, names: Mapping[UUID, str], texts: Mapping[str, Any]
) -> str:
    if runoff.winner_id is None or not runoff.rounds:
        return ""
    winner = names[runoff.winner_id]
    last_tie = next(
        (each for each in runoff.rounds if each.is_tied and len(each.option_ids) == 2), None
    )
    if last_tie is not None:
        listed = str(texts["separator"]).join(names[each] for each in last_tie.option_ids)
        return str(texts["lastTie"]).format(options=listed, option=winner)
    last = runoff.rounds[-1]
    is_tied = any(each.is_tied for each in runoff.rounds)
    return str(texts["winsAfterTie" if is_tied else "winsRound"]).format(
        option=winner,
        round=len(runoff.rounds),
        count=grouped(last.counts[last.option_ids.index(runoff.winner_id)]),
        total=grouped(sum(last.counts)),
    )


def _beats_all(wins: Sequence[Sequence[int]]) -> bool:
    """Whether the first option is preferred to each of the others."""
    return all(wins[0][index] > wins[index][0] for index in range(1, len(wins)))


def _bars(poll: Poll, results: PollResults, tally: RankingTally | None) -> list[Bar]:
    if tally is None or not results.total_voters:
        return [Bar(each, 0, 0.0, "", "", "") for each in results.options]
    by_id = {each.id: each for each in results.options}
    voters = results.total_voters
    most = voters * (len(tally.options) - 1)
    return [
        _bar(poll, by_id[each.option_id], each, voters, most)
        for each in tally.options
        if each.option_id in by_id
    ]


def _bar(poll: Poll, option: OptionTally, ranked: RankedOption, voters: int, most: int) -> Bar:
    texts = result_texts()
    firsts = str(texts["firsts"]).format(count=grouped(ranked.firsts))
    base = ""
    if poll.settings["places"] is not None:
        counts = {"count": grouped(option.voter_count or 0), "total": grouped(voters)}
        base = str(texts["base"]).format(**counts)
    if poll.settings["method"] == "borda":
        share = 100 * ranked.points / most
        value = points_text(ranked.points).format(count=grouped(ranked.points))
        return Bar(option, ranked.place, share, value, firsts, base)
    votes = votes_text(ranked.firsts).format(count=grouped(ranked.firsts))
    percent = whole_percent(ranked.share)
    return Bar(option, ranked.place, ranked.share, percent, votes, "")


def _grid(results: PollResults, tally: RankingTally | None) -> list[dict[str, Any]]:
    """The rows of the grid: an option, its place, and its squares."""
    if tally is None or not results.total_voters:
        return [
            {"text": each.text, "id": each.id, "place": 0, "squares": None}
            for each in results.options
        ]
    names = {each.id: each.text for each in results.options}
    texts = [names.get(each.option_id, "") for each in tally.options]
    return [
        {
            "text": texts[row],
            "id": ranked.option_id,
            "place": ranked.place,
            "squares": [
                None if column == row else _square(tally.wins, row, column, texts, results)
                for column in range(len(texts))
            ],
        }
        for row, ranked in enumerate(tally.options)
    ]


def _square(
    wins: Sequence[Sequence[int]], row: int, column: int, names: Sequence[str], results: PollResults
) -> Square:
    won, lost = wins[row][column], wins[column][row]
    outcome = "wins" if won > lost else "loses" if won < lost else "ties"
    words = result_texts()["cells"][outcome].format(row=names[row], column=names[column])
    return Square(won, 100 * won / (results.total_voters or 1), outcome, words)


def _tally(results: PollResults) -> RankingTally | None:
    return results.tally if isinstance(results.tally, RankingTally) else None
