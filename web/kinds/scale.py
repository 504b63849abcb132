"""The scale of a rating, as pages show it."""

from dataclasses import dataclass
from math import ceil
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from polls.kinds.base import Kind
from polls.kinds.rating import RatingSettings
from polls.kinds.registry import build_kind
from polls.models import Poll

# The colours of the stylesheet go from 0, the lowest level, to this, the highest.
HIGHEST_COLOUR = 10


@dataclass(frozen=True, slots=True)
class Level:
    """A level of a scale. ``name`` is empty if levels have numbers only."""

    value: int
    name: str
    spoken: str
    colour: int


def kind_of(poll: Poll) -> Kind:
    """Return the kind of a poll whose options are loaded; no query."""
    option_ids: list[UUID] = [option.id for option in poll.options.all()]
    return build_kind(poll.kind, poll.settings, option_ids)


def rating_settings(poll: Poll) -> RatingSettings:
    """Return the settings of a rating."""
    settings = kind_of(poll).settings
    assert isinstance(settings, RatingSettings)
    return settings


def levels_of(settings: RatingSettings) -> list[Level]:
    """Return the levels from the lowest; with yes and no, from no."""
    names = settings.labels or _default_names(settings)
    return [
        Level(value, name, spoken_level(settings, value, name), colour_of(value, settings.highest))
        for value, name in enumerate(names, start=1)
    ]


def level_name(settings: RatingSettings, value: int) -> str:
    """Return a level in a few words, for people who have voted: "4 of 5, agree"."""
    if value == 0:
        return _("Abstained") if settings.scale == "yes_no" else _("Skipped")
    return levels_of(settings)[value - 1].spoken


def spoken_level(settings: RatingSettings, value: int, name: str) -> str:
    """Return what screen readers say for a level."""
    if settings.scale == "yes_no":
        return name
    sentence = _("{level} of {steps}, {name}") if name else _("{level} of {steps}")
    return sentence.format(level=value, steps=settings.highest, name=name)


def colour_of(value: int, highest: int) -> int:
    """Return the colour of a level: symmetrical, with the middle level in the middle."""
    if 2 * value > highest + 1:
        return HIGHEST_COLOUR - colour_of(highest + 1 - value, highest)
    return ceil((value - 1) * HIGHEST_COLOUR / (highest - 1) - 0.5)


def _default_names(settings: RatingSettings) -> tuple[str, ...]:
    if settings.scale == "yes_no":
        return (pgettext("vote", "No"), pgettext("vote", "Yes"))
    return ("",) * settings.highest
