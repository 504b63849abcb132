"""The pages of ``hotspot``: places on a picture, and how many of them are where."""

from collections.abc import Sequence
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apikit.errors import ValidationFailedError
from polls.kinds.base import SentAnswer
from polls.kinds.hotspot import COLUMNS, ROWS, HotspotTally
from polls.models import Poll, PollKind
from polls.picture_wire import view_picture
from polls.tally import PollResults
from web.kinds.base import KindPages
from web.numbers import grouped

# A number for each CLDR plural category.
_EXAMPLES = {"zero": 0, "one": 1, "two": 2, "few": 3, "many": 11, "other": 100}


class HotspotPages(KindPages):
    """See ``web.kinds.base``. Forms and sentences have percentages of the picture."""

    kind = PollKind.HOTSPOT
    ballot_modules = ("spots.js",)
    result_modules = ("heat_map.js", "spots.js")

    def hint(self, poll: Poll) -> str:
        most = _max_places(poll)
        return ngettext(
            "Mark a place on the picture.", "Mark up to %(count)d places on the picture.", most
        ) % {"count": most}

    def read_form(self, poll: Poll, fields: QueryDict) -> list[SentAnswer]:
        answers = []
        for number in range(1, _max_places(poll) + 1):
            x, y = (fields.get(f"{name}-{number}", "").strip() for name in ("x", "y"))
            if x or y:
                answers.append(SentAnswer(x=_read_part(x), y=_read_part(y)))
        return answers

    def ballot_context(self, poll: Poll, answers: Sequence[SentAnswer]) -> dict[str, Any]:
        most = _max_places(poll)
        places = [(_percent(each.x), _percent(each.y)) for each in answers]
        places += [("", "")] * (most - len(places))
        return {
            "picture": _picture(poll),
            "places": [(number, x, y) for number, (x, y) in enumerate(places, start=1)],
            "max_places": most,
        }

    def result_context(self, poll: Poll, results: PollResults) -> dict[str, Any]:
        tally = results.tally if isinstance(results.tally, HotspotTally) else None
        spots = () if tally is None else tally.spots
        return {
            "picture": _picture(poll),
            "columns": COLUMNS,
            "rows": ROWS,
            "spots": [
                {
                    "spot": spot,
                    "heat": "" if tally is None else tally.heat[spot.row * COLUMNS + spot.column],
                    "x": _middle(spot.column, COLUMNS),
                    "y": _middle(spot.row, ROWS),
                }
                for spot in spots
            ],
            "total": _total(tally),
        }

    def texts(self, poll: Poll) -> dict[str, Any]:
        return {
            "place": _("Place {number}: {x} percent from the left, {y} percent from the top"),
            "full": _("All places are marked. Move or remove one to mark another."),
            "removed": _("Place removed"),
            "spot": _("{x} percent from the left, {y} percent from the top: {count}"),
            "none": _("No places have been marked yet."),
            "total": {category: _places(example) for category, example in _EXAMPLES.items()},
        }


def _max_places(poll: Poll) -> int:
    return int(poll.settings.get("maxPlaces", 1))


def _picture(poll: Poll) -> Any:
    return view_picture(poll.picture, poll.picture_alt, poll.question)


def _read_part(text: str) -> float:
    """Return a percentage of a form as a part of the picture.

    :raises ValidationFailedError: for anything else, also a field that is empty beside a full one.
    """
    try:
        part = round(float(text) / 100, 4)
    except ValueError:
        part = -1.0
    if not 0 <= part <= 1:
        raise ValidationFailedError.of("option", _("Enter percentages from 0 to 100."))
    return part


def _percent(part: float | None) -> str:
    return "" if part is None else f"{part * 100:g}"


def _middle(index: int, count: int) -> int:
    """Return the middle of a field of the grid in percent."""
    return round((index + 0.5) / count * 100)


def _total(tally: HotspotTally | None) -> str:
    if tally is None:
        return ""
    if not tally.total:
        return _("No places have been marked yet.")
    return _places(tally.total).format(count=grouped(tally.total))


def _places(count: int) -> str:
    return ngettext("{count} place marked", "{count} places marked", count)
