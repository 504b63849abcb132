"""The results of a poll as a picture for slides, drawn with the charts of reports."""

import math
from base64 import b64encode
from io import BytesIO
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apikit.actors import Actor
from apikit.downloads import Download, file_stem
from polls.errors import PictureNotFoundError
from polls.kinds.hotspot import HotspotTally
from polls.kinds.open_text import OpenTextTally
from polls.kinds.word_cloud import WordCloudTally
from polls.models import PollKind
from polls.picture_wire import token_in
from polls.pictures import read_picture
from polls.results import get_exportable_poll_for
from reports.pdf.figures import BarRow, Data, bars, heat
from reports.pdf.formats import show_number, show_time
from reports.pdf.kinds import find_findings
from reports.pdf.polls import choice_bars, leading, show_outcome
from reports.pdf.typesetting import draw
from reports.pdf.written import written
from reports.writers import Language
from votes.exports import collect_results
from votes.wire import ResultsExport

WIDTH_PX = 1920
# Of the page in template/slide.typ, which is as high as it has to be. Texts have the same size on
# both, so they are larger in the picture of the narrow one, for what is small.
WIDE_PT, NARROW_PT = 520, 400
MOST_LINES_ON_NARROW = 8
# Beyond so many lines of text, half as many pixels.
MANY_LINES = 100
CHARS_IN_LINE = 30
# What a slide shows of what has no bound that fits on one.
MAX_CARDS = 8
CARD_MAX_CHARS = 240
MAX_QUESTIONS = 12
# Sizes of words in points; the template makes those smaller that are too long.
LARGEST_PT, SMALLEST_PT = 40, 9
_UTC = ZoneInfo("UTC")


def draw_results_for(actor: Actor, poll_id: UUID, language: Language) -> Download:
    """Return the results of a poll as PNG, in the active language; takes up to a second.

    :raises PollNotFoundError: if the poll is missing or hidden from ``actor``.
    :raises ResultsHiddenError: if ``actor`` may see the poll but not its results.
    :raises ResultTooLargeError, TypesettingError: as ``draw`` does.
    """
    poll = get_exportable_poll_for(actor, poll_id)
    export = collect_results(poll, timezone.now(), 0, has_views=False)
    slide = build_slide(export, language)
    content = BytesIO()
    draw(slide, _ppi(slide), content)
    stem = file_stem(poll.question, fallback=f"poll-{poll.join_code}")
    return Download(f"{stem}-results.png", "image/png", content.getvalue())


def build_slide(export: ResultsExport, language: Language) -> dict[str, Any]:
    """Return the data of ``template/slide.typ``: every text and number as it is shown."""
    findings = find_findings(export)
    has_votes = export.ballot_count > 0
    figure, more = _figure(export) if has_votes else (None, 0)
    best = leading(export.results.options)
    said = findings.outcome if findings and has_votes else show_outcome(export, best)
    voters = export.results.total_voters or 0
    people = ngettext("{count} person voted", "{count} people voted", voters)
    base = people.format(count=show_number(voters))
    return {
        "language": language.value,
        "isRtl": language == Language.ARABIC,
        "width": _width_pt(figure),
        "question": written(export.poll.question),
        "outcome": said,
        "figure": figure,
        "more": _("and {count} more").format(count=show_number(more)) if more else None,
        "base": f"{base} · {show_time(export.exported_at, _UTC)} UTC",
        "note": _("Percentages are shares of voters, who could choose several options.")
        if export.poll.kind == PollKind.MULTIPLE
        else None,
        "createdAt": int(export.exported_at.timestamp()),
    }


def _figure(export: ResultsExport) -> tuple[Data | None, int]:
    """Return the figure, and how many entries it leaves out."""
    match export.results.tally:
        case None if export.poll.kind == PollKind.QUESTIONS:
            return _questions(export)
        case None:
            return choice_bars(export.results.options), 0
        case WordCloudTally() as tally:
            return _cloud(tally), 0
        case OpenTextTally() as tally:
            return _cards(tally), tally.total - sum(card.count for card in tally.cards[:MAX_CARDS])
        case HotspotTally() as tally:
            return _map(tally, export), 0
        case _:
            findings = find_findings(export)
            return findings.figure if findings else None, 0


def _questions(export: ResultsExport) -> tuple[Data | None, int]:
    options = sorted(export.results.options, key=lambda each: -(each.vote_count or 0))
    rows = [
        BarRow(each.text, each.vote_count or 0, show_number(each.vote_count or 0))
        for each in options
    ]
    return bars(rows[:MAX_QUESTIONS]), max(0, len(rows) - MAX_QUESTIONS)


def _cloud(tally: WordCloudTally) -> Data | None:
    """Return the words with their sizes, whose area follows the count."""
    if not tally.words:
        return None
    most = tally.words[0].count
    words = []
    for word in tally.words:
        size = max(SMALLEST_PT, LARGEST_PT * math.sqrt(word.count / most))
        words.append(
            {
                "text": written(word.text),
                "size": round(size, 1),
                "leads": word.count == most,
            }
        )
    return {"type": "cloud", "alt": "", "words": words}


def _cards(tally: OpenTextTally) -> Data | None:
    cards = [
        {
            "text": written(_shortened(card.text)),
            "count": f"× {show_number(card.count)}" if card.count > 1 else None,
        }
        for card in tally.cards[:MAX_CARDS]
    ]
    return {"type": "cards", "alt": "", "cards": cards} if cards else None


def _shortened(text: str) -> str:
    return text if len(text) <= CARD_MAX_CHARS else f"{text[: CARD_MAX_CHARS - 1]}…"


def _map(tally: HotspotTally, export: ResultsExport) -> Data | None:
    """Return the heat map with the picture beneath it, unless that was removed."""
    figure, picture = heat(tally.heat, tally.columns, ""), export.poll.picture
    if figure is None or picture is None:
        return figure
    try:
        webp = read_picture(token_in(picture.url))
    except PictureNotFoundError:
        return figure
    # In an SVG, because a template gets texts only.
    size = f'width="{picture.width}" height="{picture.height}"'
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}>'
        f'<image {size} href="data:image/webp;base64,{b64encode(webp).decode()}"/></svg>'
    )
    return figure | {
        "type": "map",
        "rows": tally.rows,
        "ratio": picture.height / picture.width,
        "picture": svg,
    }


def _rows_of(figure: Data | None) -> list[Data]:
    """Return the rows of bars."""
    name = {"bars": "options", "stacks": "rows"}.get(figure["type"]) if figure else None
    return figure[name] if figure and name else []


def _lines_of(figure: Data | None) -> int:
    """Return about how many lines the texts of bars take."""
    return sum(1 + len(row["text"]["text"]) // CHARS_IN_LINE for row in _rows_of(figure))


def _width_pt(figure: Data | None) -> int:
    is_small = figure is None or figure["type"] in {"bars", "stacks", "columns"}
    return NARROW_PT if is_small and _lines_of(figure) <= MOST_LINES_ON_NARROW else WIDE_PT


def _ppi(slide: dict[str, Any]) -> float:
    """Return the resolution: less for slides that are very high."""
    is_high = _lines_of(slide["figure"]) > MANY_LINES
    return WIDTH_PX * 72 / float(slide["width"]) / (2 if is_high else 1)
