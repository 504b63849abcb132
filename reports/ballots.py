"""Ballots in reports: the answers without the voters, as text and as data for programs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.utils.translation import pgettext

from apikit.csv_cells import Value
from apikit.wire import adapter_of
from polls.decisions import visible_texts
from polls.kinds.base import Answer, Answers, Kind, SentAnswer
from polls.kinds.dates import MAYBE, NO, YES, Dates
from polls.kinds.open_text import OpenText
from polls.kinds.word_cloud import WordCloud, word_key
from reports.archive_ballots import archived_answers, positions_by_id
from reports.archive_format import ArchivedAnswer
from votes.anonymous_ballots import read_anonymous_ballots
from votes.result_tables import kind_of_export
from votes.wire import ResultsExport

# Read, and checked for texts that are not shown, at once.
BALLOTS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class ReportedBallot:
    """A ballot of a poll. ``option_texts`` are those of the kind's options."""

    kind: Kind
    option_texts: Sequence[str]
    answers: Answers


def read_ballots(export: ResultsExport) -> Iterator[ReportedBallot]:
    """Yield the ballots of a poll in no particular order, without what people may not see.

    That are texts that wait for approval, or were removed by the host, and removed words.
    """
    kind = kind_of_export(export)
    texts = [option.text for option in export.poll.options]
    ballots = read_anonymous_ballots(export.poll.id)
    while batch := [each.answers for each in islice(ballots, BALLOTS_AT_ONCE)]:
        for answers in _visible(export, kind, batch):
            yield ReportedBallot(kind, texts, answers)


def _visible(export: ResultsExport, kind: Kind, batch: list[Answers]) -> Iterator[Answers]:
    """Yield the ballots without what people may not see; one query for texts."""
    values = {each.value for answers in batch for each in answers if each.value is not None}
    hidden: set[str] = set()
    if isinstance(kind, OpenText):
        hidden = values - visible_texts(export.poll.id, kind, values)
    elif isinstance(kind, WordCloud):
        hidden = {each for each in values if word_key(each) in kind.decisions.removed}
    # An option that was added after the poll was read has no position.
    known = {None, *kind.option_ids}
    for answers in batch:
        yield tuple(
            each for each in answers if each.value not in hidden and each.option_id in known
        )


def as_json(ballot: ReportedBallot) -> list[Any]:
    """Return the positions of options, or answers with them, as in archives."""
    positions = positions_by_id(ballot.kind)
    if all(each.value is None for each in ballot.answers):
        return [positions[each.option_id] for each in ballot.answers if each.option_id is not None]
    adapter = adapter_of(ArchivedAnswer)
    return [
        adapter.dump_python(each, by_alias=True, exclude_defaults=True)
        for each in archived_answers(ballot.kind, ballot.answers, positions)
    ]


def as_cells(ballot: ReportedBallot) -> list[Value]:
    """Return a cell for each answer, to be read by people."""
    shown = ballot.kind.show(ballot.answers)
    return [
        _as_cell(ballot, answer, sent) for answer, sent in zip(ballot.answers, shown, strict=True)
    ]


def _as_cell(ballot: ReportedBallot, answer: Answer, sent: SentAnswer) -> Value:
    if answer.option_id is not None:
        text = ballot.option_texts[ballot.kind.position_of(answer.option_id)]
        return text if sent.score is None else f"{text}: {_score(ballot.kind, sent.score)}"
    if sent.x is not None and sent.y is not None:
        return f"{sent.x:g}, {sent.y:g}"
    return sent.text if sent.text is not None else sent.number


def _score(kind: Kind, score: int) -> str:
    if not isinstance(kind, Dates):
        return str(score)
    words = {
        NO: pgettext("date", "No"),
        MAYBE: pgettext("date", "Maybe"),
        YES: pgettext("date", "Yes"),
    }
    return words[score]
