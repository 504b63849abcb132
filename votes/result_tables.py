"""The results of a poll as one table, for every kind: what all exports and reports write.

Labels are in the active language.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from apikit.csv_cells import Value
from polls.all_entries import CountedWord, Entry, read_all_entries
from polls.decisions import decisions_for
from polls.kinds.base import Kind, share
from polls.kinds.dates import DatesTally, Slot
from polls.kinds.hotspot import COLUMNS, ROWS, Spot
from polls.kinds.numeric import NumericTally
from polls.kinds.open_text import Card
from polls.kinds.points import PointsTally
from polls.kinds.ranking import RankingTally
from polls.kinds.rating import RatedOption, RatingTally
from polls.kinds.registry import build_kind
from polls.models import PollKind
from polls.tally import OptionTally
from votes.wire import ResultsExport

Fact = tuple[str, Value]


@dataclass(frozen=True, slots=True)
class Row:
    """A row of results; ``measures`` belong to the labels of the table."""

    text: str
    votes: int | None
    share: float | None
    share_of_voters: float | None
    measures: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class ResultTable:
    """The results of a poll.

    ``label`` says what the rows are, ``measures`` label what they have besides votes and shares.
    ``facts`` are about the poll as a whole, such as a mean. ``rows`` can be read once; of words and
    texts there can be any number, read in chunks.
    """

    label: str
    rows: Iterable[Row]
    measures: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of all columns."""
        return (*result_labels(self.label), *self.measures)

    def wide_rows(self) -> Iterator[tuple[Value, ...]]:
        """Yield the cells of each row below :attr:`labels`."""
        for row in self.rows:
            yield row.text, row.votes, row.share, row.share_of_voters, *row.measures

    def long_rows(self) -> Iterator[tuple[Value, ...]]:
        """Yield the rows of tables about polls of several kinds, below :func:`long_labels`.

        One for each measure of each row, and one for each fact.
        """
        for row in self.rows:
            labelled = zip(self.measures, row.measures, strict=True)
            known: list[tuple[Value, Value]] = [each for each in labelled if each[1] is not None]
            for measure in known or [(None, None)]:
                yield row.text, row.votes, row.share, row.share_of_voters, *measure
        for fact in self.facts:
            yield None, None, None, None, *fact


def result_labels(label: str) -> tuple[str, ...]:
    """Return the labels that the tables of all kinds begin with."""
    return label, _("Votes"), _("Percentage"), _("Percentage of voters")


def long_labels() -> tuple[str, ...]:
    """Return the labels of :meth:`ResultTable.long_rows`."""
    return (*result_labels(_("Option")), _("Measure"), _("Value"))


def kind_of_export(export: ResultsExport) -> Kind:
    """Return the kind of an exported poll; one query for word clouds."""
    poll = export.poll
    options = [option.id for option in poll.options]
    return build_kind(poll.kind, poll.settings, options, decisions_for(poll.kind, poll.id))


def entries_of(export: ResultsExport) -> Iterator[Entry]:
    """Read all words, texts or places; nothing for other kinds."""
    return read_all_entries(export.poll.id, kind_of_export(export))


def result_table(export: ResultsExport) -> ResultTable:
    """Return the table of a poll; the rows of words, texts and places are read with it."""
    tally = export.results.tally
    match tally:
        case None:
            table = _of_options(export, (), {})
        case RatingTally():
            table = _rating(export, tally)
        case RankingTally():
            table = _ranking(export, tally)
        case PointsTally():
            table = _points(export, tally)
        case DatesTally():
            table = _dates(export, tally)
        case NumericTally():
            table = _numeric(tally)
        case _:
            table = _entries(export)
    return table


def _of_options(
    export: ResultsExport,
    measures: Sequence[str],
    values: Mapping[UUID, Sequence[Value]],
    facts: Sequence[Fact] = (),
) -> ResultTable:
    """Return a table with a row for each option; first those of ``values``, in that order."""
    by_id = {option.id: option for option in export.results.options}
    ids = [*values, *(id_ for id_ in by_id if id_ not in values)]
    rows = [_option_row(by_id[id_], values.get(id_, ())) for id_ in ids]
    return ResultTable(_("Option"), rows, tuple(measures), tuple(facts))


def _option_row(option: OptionTally, measures: Sequence[Value]) -> Row:
    return Row(
        option.text,
        option.vote_count,
        option.percentage,
        option.percentage_of_voters,
        tuple(measures),
    )


def _text_of(export: ResultsExport, option_id: UUID | None) -> str:
    return next((each.text for each in export.poll.options if each.id == option_id), "")


def _rating(export: ResultsExport, tally: RatingTally) -> ResultTable:
    levels = level_labels(export)
    measures = [_("Mean"), _("Median"), _("Skipped"), *levels]
    values: dict[UUID, list[Value]] = {
        each.option_id: [each.mean, each.median, each.skipped, *each.distribution]
        for each in tally.options
    }
    facts: list[Fact] = []
    if tally.star is not None:
        # STAR: a runoff between the two with the highest scores.
        measures += [_("Total score"), _("Preferred in the runoff")]
        finalists = {each.option_id: each for each in tally.star.finalists}
        scores = {each.option_id: _score(each) for each in tally.options}
        for option_id, row in values.items():
            finalist = finalists.get(option_id)
            row += [scores[option_id], None if finalist is None else finalist.preferred]
        facts.append((_("Winner"), _text_of(export, tally.star.winner_id)))
    return _of_options(export, measures, values, facts)


def _score(option: RatedOption) -> int:
    return sum(level * count for level, count in enumerate(option.distribution, start=1))


def level_labels(export: ResultsExport) -> list[str]:
    """Return the names of the levels of a rating, from 1."""
    settings = export.poll.settings
    if settings.get("scale") == "yes_no":
        return list(settings.get("labels") or [_("No"), _("Yes")])
    labels = settings.get("labels") or [""] * settings.get("steps", 5)
    numbers = [_("Level {number}").format(number=number + 1) for number in range(len(labels))]
    pairs = zip(numbers, labels, strict=True)
    return [f"{number}: {label}" if label else number for number, label in pairs]


def _ranking(export: ResultsExport, tally: RankingTally) -> ResultTable:
    measures = [
        _("Place"),
        _("Points"),
        _("First preferences"),
        _("Percentage of first preferences"),
        _("Mean rank"),
    ]
    values: dict[UUID, list[Value]] = {
        each.option_id: [each.place, each.points, each.firsts, each.share, each.mean_rank]
        for each in tally.options
    }
    for rank, wins in enumerate(tally.wins):
        # A row for each option, a column for each that it is compared with.
        values[tally.options[rank].option_id] += [
            None if other == rank else count for other, count in enumerate(wins)
        ]
    if tally.wins:
        texts = [_text_of(export, each.option_id) for each in tally.options]
        measures += [_("Preferred to {option}").format(option=text) for text in texts]
    facts: list[Fact] = []
    if tally.runoff is not None:
        for number, each in enumerate(tally.runoff.rounds, start=1):
            measures.append(_("Round {number}").format(number=number))
            counts = dict(zip(each.option_ids, each.counts, strict=True))
            for option_id, row in values.items():
                row.append(counts.get(option_id))
        facts.append((_("Winner"), _text_of(export, tally.runoff.winner_id)))
    return _of_options(export, measures, values, facts)


def _points(export: ResultsExport, tally: PointsTally) -> ResultTable:
    measures = _("Points"), _("Mean per voter"), _("Percentage of points")
    values = {each.option_id: (each.points, each.mean, each.share) for each in tally.options}
    return _of_options(export, measures, values)


def _dates(export: ResultsExport, tally: DatesTally) -> ResultTable:
    measures = (
        _("Place"),
        pgettext("date", "Yes"),
        pgettext("date", "Maybe"),
        pgettext("date", "No"),
        _("Begins"),
        _("Ends"),
    )
    values = {
        each.option_id: (each.place, each.yes, each.maybe, each.no, *_times(each.slot))
        for each in tally.options
    }
    return _of_options(export, measures, values)


def _times(slot: Slot) -> tuple[Value, Value]:
    if slot.day is not None:
        return slot.day.isoformat(), None
    return slot.starts_at, slot.ends_at


def _numeric(tally: NumericTally) -> ResultTable:
    rows = [
        Row(
            f"{bar.low:g}" if bar.low == bar.high else f"{bar.low:g} – {bar.high:g}",
            bar.count,
            bar.share,
            bar.share,
            (bar.low, bar.high),
        )
        for bar in tally.bars
    ]
    facts = (
        (_("Mean"), tally.mean),
        (_("Median"), tally.median),
        (_("Standard deviation"), tally.deviation),
    )
    return ResultTable(_("Numbers"), rows, (_("From"), _("To")), facts)


def _entries(export: ResultsExport) -> ResultTable:
    entries = entries_of(export)
    tally, voters = export.results.tally, export.ballot_count
    total = getattr(tally, "total", 0)
    label = {PollKind.WORD_CLOUD: _("Word"), PollKind.OPEN_TEXT: _("Text")}
    measures: tuple[str, ...] = ()
    if export.poll.kind == PollKind.HOTSPOT:
        measures = (
            _("Column (of {count})").format(count=COLUMNS),
            _("Row (of {count})").format(count=ROWS),
        )
    rows = (_entry_row(each, total, voters) for each in entries)
    return ResultTable(label.get(export.poll.kind, _("Place on the picture")), rows, measures)


def _entry_row(entry: Entry, total: int, voters: int) -> Row:
    match entry:
        case Spot():
            column, row = entry.column + 1, entry.row + 1
            return Row(f"{column}, {row}", entry.count, entry.share, None, (column, row))
        case CountedWord() | Card():
            parts = share(entry.count, total), share(entry.count, voters)
            return Row(entry.text, entry.count, *parts)
