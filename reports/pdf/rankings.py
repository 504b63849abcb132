"""What the page about a ranking shows: the order, and how it was computed."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from polls.kinds.ranking import RankingTally
from polls.kinds.runoff import RunoffResult
from reports.pdf.figures import BarRow, Data, Findings, bars, table
from reports.pdf.formats import show_decimal, show_number, show_percentage
from reports.pdf.written import Part, written

# Columns of numbers that fit on a page; XLSX has all of them.
MAX_COLUMNS = 10

Texts = Mapping[UUID, str]


def show_ranking(tally: RankingTally, texts: Texts) -> Findings:
    """Return the order of the options, with the pairs or the rounds that it follows from."""
    first = [each for each in tally.options if each.place == 1]
    if len(first) == 1:
        headline = _("First place")
        outcome: list[Part] = [written(texts[first[0].option_id]), " – ", headline]
    else:
        tied = ngettext("{count} option leads", "{count} options are equally good", len(first))
        headline = tied.format(count=show_number(len(first)))
        outcome = [headline]
    tables = [_order(tally, texts)]
    if tally.wins and len(tally.wins) <= MAX_COLUMNS:
        tables.append(_pairs(tally, texts))
    if tally.runoff is not None and tally.runoff.rounds:
        tables.append(_rounds(tally.runoff, texts))
    leading = written(texts[first[0].option_id]) if len(first) == 1 else None
    return Findings(outcome, headline, leading, figure=bars(_chart(tally, texts)), tables=tables)


def _chart(tally: RankingTally, texts: Texts) -> list[BarRow]:
    """Bars of what the method counts: points, duels won against others, or first preferences."""
    rows = []
    for index, each in enumerate(tally.options):
        text, leads = texts[each.option_id], each.place == 1
        if tally.method == "borda":
            rows.append(BarRow(text, each.points, show_number(each.points), leads=leads))
        elif tally.method == "schulze":
            others = [row[index] for row in tally.wins]
            won = sum(wins > lost for wins, lost in zip(tally.wins[index], others, strict=True))
            said = ngettext("{count} duel won", "{count} duels won", won)
            rows.append(BarRow(text, won, said.format(count=show_number(won)), leads=leads))
        else:
            share, firsts = show_percentage(each.share), show_number(each.firsts)
            rows.append(BarRow(text, each.firsts, share, firsts, leads))
    return rows


def _order(tally: RankingTally, texts: Texts) -> Data:
    labels = [_("Option"), _("Place"), _("Points"), _("First preferences"), _("Mean rank")]
    rows = [
        [
            written(texts[each.option_id]),
            show_number(each.place),
            show_number(each.points),
            show_number(each.firsts),
            show_decimal(each.mean_rank),
        ]
        for each in tally.options
    ]
    return table(labels, rows)


def _pairs(tally: RankingTally, texts: Texts) -> Data:
    """A row and a column for each option, in the order of the result."""
    numbers = [show_number(number + 1) for number in range(len(tally.options))]
    rows = [
        [
            written(f"{numbers[index]}. {texts[each.option_id]}"),
            *("–" if other == index else show_number(count) for other, count in enumerate(wins)),
        ]
        for index, (each, wins) in enumerate(zip(tally.options, tally.wins, strict=True))
    ]
    title = _("Number of people who prefer the option of the row to that of the column")
    return table([_("Option"), *numbers], rows, title)


def _rounds(runoff: RunoffResult, texts: Texts) -> Data:
    """A column for each of the last rounds."""
    rounds: Sequence[tuple[int, Mapping[UUID, int]]] = [
        (number, dict(zip(each.option_ids, each.counts, strict=True)))
        for number, each in enumerate(runoff.rounds, start=1)
    ][-MAX_COLUMNS:]
    rows = [
        [
            written(texts[option_id]),
            *(
                show_number(counts[option_id]) if option_id in counts else ""
                for _n, counts in rounds
            ),
        ]
        for option_id in runoff.order
    ]
    numbers = [show_number(number) for number, _counts in rounds]
    return table([_("Option"), *numbers], rows, _("Votes in each round"))


def _count(count: int | None) -> str:
    """The votes of an option in a round; nothing once it is eliminated."""
    return "" if count is None else show_number(count)
