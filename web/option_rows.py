"""The options of single and multiple choice, as the bars of pages show them."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from polls.models import Poll
from polls.picture_wire import PictureView, view_picture
from polls.tally import OptionTally, PollResults
from web.numbers import grouped


@dataclass(frozen=True, slots=True)
class OptionRow:
    """An option with its numbers, and what else is shown of it.

    ``picture_alt`` is empty if the text of the option, which is beside it, says the same.
    ``places`` is how many places are left, in words; empty without a limit, and while the results
    are hidden.
    """

    option: OptionTally
    picture: PictureView | None
    picture_alt: str
    places: str
    is_full: bool


def option_rows(poll: Poll, results: PollResults) -> Sequence[OptionRow]:
    """Return the rows of ``results``; the options of ``poll`` are loaded with their pictures."""
    options = {option.id: option for option in poll.options.all()}
    rows = []
    for tally in results.options:
        option = options[tally.id]
        left = places_left(tally)
        rows.append(
            OptionRow(
                option=tally,
                picture=view_picture(option.picture, option.picture_alt, option.text),
                picture_alt=option.picture_alt,
                places="" if left is None else places_text(left),
                is_full=left == 0,
            )
        )
    return rows


def places_left(option: OptionTally) -> int | None:
    """Return how many people can still have an option; None if that is unlimited or hidden."""
    if option.limit is None or option.vote_count is None:
        return None
    return max(0, option.limit - option.vote_count)


def places_text(count: int) -> str:
    """Return the number of places left in words."""
    if count == 0:
        return full_text()
    return places_pattern(count).format(count=grouped(count))


def places_pattern(count: int) -> str:
    """Return the sentence for this many places, with a ``{count}``."""
    return ngettext("{count} place left", "{count} places left", count)


def full_text() -> str:
    return _("Full")
