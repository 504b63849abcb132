"""What the pages about polls of all kinds but choices show."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from polls.kinds.dates import DatesTally
from polls.kinds.hotspot import HotspotTally
from polls.kinds.numeric import NumericTally
from polls.kinds.open_text import OpenTextTally
from polls.kinds.points import PointsTally
from polls.kinds.ranking import RankingTally
from polls.kinds.rating import RatingTally
from polls.kinds.word_cloud import WordCloudTally
from reports.pdf.figures import BarRow, Findings, bars, columns, heat, stacks, table
from reports.pdf.formats import show_decimal, show_number, show_percentage
from reports.pdf.rankings import show_ranking
from reports.pdf.written import Part, sentence, written
from votes.result_tables import level_labels
from votes.wire import ResultsExport

# Words and fields in a figure; the table has up to fifty.
MAX_BARS = 20
_LEFT_TO_RIGHT, _END = "\u2066", "\u2069"


def find_findings(export: ResultsExport) -> Findings | None:
    """Return what a kind shows; None if the counts of options are all there is."""
    texts = {option.id: option.text for option in export.poll.options}
    match export.results.tally:
        case None:
            found = None
        case RatingTally() as tally:
            found = _rating(export, tally, texts)
        case RankingTally() as tally:
            found = show_ranking(tally, texts)
        case PointsTally() as tally:
            found = _points(tally, texts)
        case DatesTally() as tally:
            found = _dates(tally, texts)
        case NumericTally() as tally:
            found = _numeric(tally, export.poll.settings.get("unit", ""))
        case WordCloudTally() as tally:
            found = _words(tally)
        case OpenTextTally() as tally:
            found = _texts(tally)
        case HotspotTally() as tally:
            found = _places(tally)
    return found


def _leader(pattern: str, best: list[str], value: str) -> dict[str, Any]:
    """The fields of findings about the best option; of several that are equal, how many."""
    if len(best) != 1:
        tied = ngettext("{count} option leads", "{count} options are equally good", len(best))
        text = tied.format(count=show_number(len(best)))
        return {"outcome": [text], "headline": text}
    outcome: list[Part] = sentence(pattern, option=written(best[0]), value=value)
    return {"outcome": outcome, "headline": value, "leading": written(best[0])}


def _rating(export: ResultsExport, tally: RatingTally, texts: Mapping[UUID, str]) -> Findings:
    options = [(texts[each.option_id], each) for each in tally.options]
    means = [each.mean for _text, each in options if each.mean is not None]
    best = [text for text, each in options if means and each.mean == max(means)]
    labels = level_labels(export)
    fields = _leader(
        _("{option} has the highest mean: {value}"), best, show_decimal(max(means, default=None))
    )
    if tally.star is not None and tally.star.winner_id is not None:
        winner = texts[tally.star.winner_id]
        preferred = show_number(tally.star.finalists[0].preferred)
        fields = _leader(_("{option} wins the runoff with {value} votes"), [winner], preferred)
    main = [_("Option"), _("Mean"), _("Median"), _("Ratings"), _("Skipped")]
    rows = [
        [
            written(text),
            show_decimal(each.mean),
            show_decimal(each.median, 1),
            show_number(each.rated),
            show_number(each.skipped),
        ]
        for text, each in options
    ]
    levels = [show_number(number + 1) for number in range(len(labels))]
    spread = [
        [written(text), *(show_number(count) for count in each.distribution)]
        for text, each in options
    ]
    return Findings(
        **fields,
        figure=stacks(
            [(text, each.distribution, show_decimal(each.mean)) for text, each in options], labels
        ),
        tables=[
            table(main, rows),
            table([_("Option"), *levels], spread, _("Number of people for each level")),
        ],
    )


def _points(tally: PointsTally, texts: Mapping[UUID, str]) -> Findings:
    most = max(each.points for each in tally.options)
    best = [texts[each.option_id] for each in tally.options if most and each.points == most]
    labels = [_("Option"), _("Points"), _("Mean per voter"), _("Share")]
    rows = [
        [
            written(texts[each.option_id]),
            show_number(each.points),
            show_decimal(each.mean),
            show_percentage(each.share),
        ]
        for each in tally.options
    ]
    chart = [
        BarRow(
            texts[each.option_id],
            each.points,
            show_percentage(each.share),
            show_number(each.points),
        )
        for each in tally.options
    ]
    fields = _leader(_("{option} has the most points: {value}"), best, show_number(most))
    return Findings(**fields, figure=bars(chart), tables=[table(labels, rows)])


def _dates(tally: DatesTally, texts: Mapping[UUID, str]) -> Findings:
    words = [pgettext("date", "Yes"), pgettext("date", "Maybe"), pgettext("date", "No")]
    best = [texts[each.option_id] for each in tally.options if each.place == 1]
    rows = [(texts[each.option_id], (each.yes, each.maybe, each.no)) for each in tally.options]
    first = tally.options[0]
    said = ngettext("{count} person can come", "{count} people can come", first.yes)
    fields = _leader(
        _("{option} is best: {value}"), best, said.format(count=show_number(first.yes))
    )
    return Findings(
        **fields,
        figure=stacks(
            [(text, counts, show_number(counts[0])) for text, counts in rows],
            words,
            begins_with_best=True,
        ),
        tables=[
            table(
                [_("Date"), *words],
                [[written(text), *map(show_number, counts)] for text, counts in rows],
            )
        ],
    )


def _numeric(tally: NumericTally, unit: str) -> Findings:
    def shown(value: float | None) -> str:
        # In right-to-left text, the sign of a negative number would be behind it.
        return f"{_LEFT_TO_RIGHT}{show_decimal(value, 2)}{_END} {unit}".strip()

    ranges = [
        shown(bar.low) if bar.low == bar.high else f"{shown(bar.low)} – {shown(bar.high)}"
        for bar in tally.bars
    ]
    rows = [
        [range_, show_number(bar.count), show_percentage(bar.share)]
        for range_, bar in zip(ranges, tally.bars, strict=True)
        if bar.count
    ]
    said = _("Mean {mean}, median {median}").format(
        mean=shown(tally.mean), median=shown(tally.median)
    )
    chart = None
    if tally.bars:
        low, high = shown(tally.bars[0].low), shown(tally.bars[-1].high)
        alt = _("Histogram from {low} to {high}. {summary}. A table with the numbers follows.")
        chart = columns(
            [bar.count for bar in tally.bars],
            low,
            high,
            alt.format(low=low, high=high, summary=said),
        )
    return Findings(
        [said],
        said,
        figure=chart,
        tables=[table([_("Numbers"), _("Voters"), _("Share")], rows)],
        facts=[
            (_("Mean"), shown(tally.mean)),
            (_("Median"), shown(tally.median)),
            (_("Standard deviation"), shown(tally.deviation)),
        ],
    )


def _words(tally: WordCloudTally) -> Findings:
    most = tally.words[0].count if tally.words else 0
    best = [word.text for word in tally.words if word.count == most]
    if len(best) == 1:
        outcome = sentence(_("The most frequent word is {word}"), word=written(best[0]))
        leading, headline = written(best[0]), show_number(most)
    else:
        words = ngettext("{count} word leads", "{count} words are equally frequent", len(best))
        headline = words.format(count=show_number(len(best)))
        outcome, leading = [headline], None
    rows = [[written(word.text), show_number(word.count)] for word in tally.words]
    chart = [BarRow(word.text, word.count, show_number(word.count)) for word in tally.words]
    return Findings(
        outcome,
        headline,
        leading,
        figure=bars(chart[:MAX_BARS]),
        tables=[table([_("Word"), _("Count")], rows)],
    )


def _texts(tally: OpenTextTally) -> Findings:
    said = ngettext("{count} text", "{count} texts", tally.total).format(
        count=show_number(tally.total)
    )
    rows = [[written(card.text), show_number(card.count)] for card in tally.cards]
    return Findings([said], said, tables=[table([_("Text"), _("Count")], rows)])


def _places(tally: HotspotTally) -> Findings:
    said = ngettext("{count} place", "{count} places", tally.total).format(
        count=show_number(tally.total)
    )
    pattern = _("Column {column}, row {row}")
    rows = [
        [
            pattern.format(column=show_number(spot.column + 1), row=show_number(spot.row + 1)),
            show_number(spot.count),
            show_percentage(spot.share),
        ]
        for spot in tally.spots
    ]
    alt = _("Heat map of {columns} columns and {rows} rows. A table of the fields follows.")
    return Findings(
        [said],
        said,
        figure=heat(tally.heat, tally.columns, alt.format(columns=tally.columns, rows=tally.rows)),
        tables=[table([_("Field"), _("Places"), _("Share")], rows)],
    )
