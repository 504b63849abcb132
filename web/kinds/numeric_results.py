"""The results of a numeric poll, as the template and the stage's sentence show them."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby
from math import sqrt
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from polls.kinds.numeric import Bar, NumericSettings, NumericTally
from polls.models import Poll
from polls.tally import PollResults
from web.kinds.scale import kind_of
from web.numbers import rounded
from web.templatetags.shares import whole_percent

EMPTY = "–"
# Few different numbers are shown among their neighbours.
MIN_SLOTS = 12
# How many bars of the results become one, while there are few voters.
MERGED = (1, 2, 5, 10, 20, 50)
MAX_DECIMALS = 6


def settings_of(poll: Poll) -> NumericSettings:
    """Return the settings of a numeric poll."""
    settings = kind_of(poll).settings
    assert isinstance(settings, NumericSettings)
    return settings


def context(settings: NumericSettings, results: PollResults) -> dict[str, Any]:
    """Return the ``result`` of the template."""
    tally = results.tally if isinstance(results.tally, NumericTally) else None
    mean, median, deviation = _statistics(settings, tally)
    low, high, bars = _histogram(settings, tally.bars if tally else ())
    return {
        "mean": mean,
        "median": median,
        "deviation": f"± {deviation}" if deviation != EMPTY else EMPTY,
        "unit": settings.unit,
        "low": plain(low),
        "high": plain(high),
        "bars": bars,
        "rows": [
            {
                "range": plain(bar.low) if bar.low == bar.high else _range(bar),
                "count": bar.count,
                "share": whole_percent(bar.share),
            }
            for bar in (tally.bars if tally else ())
        ],
    }


def outcome(settings: NumericSettings, results: PollResults) -> str:
    """Return mean and median in a sentence; empty without votes."""
    if not isinstance(results.tally, NumericTally) or results.tally.mean is None:
        return ""
    mean, median, _deviation = _statistics(settings, results.tally)
    return _("Mean {mean}, median {median}").format(mean=mean, median=median)


def plain(number: float, digits: int = MAX_DECIMALS, *, is_grouped: bool = True) -> str:
    """Return a number in the reader's language, with at most so many decimals."""
    text = f"{rounded(number, digits):f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return number_format(Decimal(text or "0"), force_grouping=is_grouped)


def with_unit(number: str, unit: str) -> str:
    return _("{number} {unit}").format(number=number, unit=unit) if unit else number


def _statistics(settings: NumericSettings, tally: NumericTally | None) -> tuple[str, str, str]:
    """Return mean, median and deviation with one decimal more than the numbers have."""
    if tally is None or tally.mean is None or tally.median is None:
        return EMPTY, EMPTY, EMPTY
    exponent = Decimal(repr(float(settings.step))).normalize().as_tuple().exponent
    digits = min(MAX_DECIMALS, max(0, -int(exponent)) + 1)
    numbers = (tally.mean, tally.median, tally.deviation or 0.0)
    mean, median, deviation = (with_unit(plain(each, digits), settings.unit) for each in numbers)
    return mean, median if tally.is_exact else f"≈ {median}", deviation


def _range(bar: Bar) -> str:
    return _("{low} to {high}").format(low=plain(bar.low), high=plain(bar.high))


def merge_bars(settings: NumericSettings, bars: Sequence[Bar]) -> list[Bar]:
    """Merge bars so that few voters don't become a comb of single votes; as in the script."""
    most = max(MIN_SLOTS, round(3 * sqrt(sum(bar.count for bar in bars))))
    size = next((each for each in MERGED if len(bars) / each <= most), len(bars))
    if size == 1:
        return list(bars)
    width = bars[1].low - bars[0].low
    offset = round((bars[0].low - settings.min) / width)
    merged = []
    for place, group in groupby(enumerate(bars, offset), key=lambda each: each[0] // size):
        members = [bar for _index, bar in group]
        low = round(bars[0].low + (place * size - offset) * width, MAX_DECIMALS)
        merged.append(
            Bar(
                low=low,
                high=round(low + size * width - settings.step, MAX_DECIMALS),
                count=sum(bar.count for bar in members),
                share=sum(bar.share for bar in members),
            )
        )
    return merged


def _histogram(
    settings: NumericSettings, bars: Sequence[Bar]
) -> tuple[float, float, list[dict[str, str]]]:
    """Return the ends of the axis, and the bars in percent; see ``histogram_scale.js``."""
    if not bars:
        return settings.min, settings.max, []
    bars = merge_bars(settings, bars)
    first, last = bars[0], bars[-1]
    width = bars[1].low - first.low if len(bars) > 1 else first.high - first.low + settings.step
    before = after = 0
    while len(bars) + before + after < MIN_SLOTS:
        can_start = first.low - (before + 1) * width > settings.min - settings.step / 2
        can_end = last.low + (after + 1) * width < settings.max + settings.step / 2
        if not can_start and not can_end:
            break
        if can_start and (before <= after or not can_end):
            before += 1
        else:
            after += 1
    slots, most = len(bars) + before + after, max(bar.count for bar in bars)
    drawn = [
        {
            "x": f"{100 * (before + index) / slots:.3f}%",
            "width": f"{100 / slots:.3f}%",
            "y": f"{100 - 100 * bar.count / most:.3f}%",
            "height": f"{100 * bar.count / most:.3f}%",
        }
        for index, bar in enumerate(bars)
    ]
    return first.low - before * width, max(last.low + after * width, last.high), drawn
