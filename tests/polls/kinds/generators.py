"""Random polls and ballots of every kind."""

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any
from uuid import UUID

from polls.kinds.base import Cells, Kind, SentAnswer, of_group
from polls.kinds.ranking import ORDER_GROUP, Ranking
from polls.kinds.registry import KINDS, build_kind
from polls.kinds.runoff import RunoffResult, orders_in_memory

OPTIONS = 5
WORDS = (
    "Tea",
    "tea ",
    "thé",
    "The",
    "COFFEE",
    "café",
    "Cafe",
    "Ştrudel",
    "شاي",
    "お茶",
    "чай",
    "ча́й",
)

Draw = Callable[[Random, Sequence[UUID]], list[SentAnswer]]


def _some(chance: Random, ids: Sequence[UUID], most: int = OPTIONS) -> list[UUID]:
    return chance.sample(ids, chance.randint(1, min(most, len(ids))))


def _single(chance: Random, ids: Sequence[UUID]) -> list[SentAnswer]:
    return [SentAnswer(option_id=chance.choice(ids))]


def _chosen(chance: Random, ids: Sequence[UUID]) -> list[SentAnswer]:
    return [SentAnswer(option_id=id_) for id_ in _some(chance, ids)]


def _rated(chance: Random, ids: Sequence[UUID]) -> list[SentAnswer]:
    return [SentAnswer(option_id=id_, score=chance.randint(0, 5)) for id_ in _some(chance, ids)]


def _ranked(chance: Random, ids: Sequence[UUID]) -> list[SentAnswer]:
    return [SentAnswer(option_id=id_) for id_ in _some(chance, ids, 3)]


def _points(chance: Random, ids: Sequence[UUID]) -> list[SentAnswer]:
    cut = chance.randint(1, 99)
    one, other = chance.sample(ids, 2)
    return [SentAnswer(option_id=one, score=cut), SentAnswer(option_id=other, score=100 - cut)]


def _number(chance: Random, ids: Sequence[UUID]) -> list[SentAnswer]:
    return [SentAnswer(number=-2 + chance.randint(0, 80) / 10)]


def _words(chance: Random, ids: Sequence[UUID]) -> list[SentAnswer]:
    return [SentAnswer(text=text) for text in chance.sample(WORDS, chance.randint(1, 3))]


def _text(chance: Random, ids: Sequence[UUID]) -> list[SentAnswer]:
    return [SentAnswer(text=chance.choice(WORDS))]


def _places(chance: Random, ids: Sequence[UUID]) -> list[SentAnswer]:
    return [SentAnswer(x=chance.random(), y=chance.random()) for _ in range(chance.randint(1, 3))]


def _dates(chance: Random, ids: Sequence[UUID]) -> list[SentAnswer]:
    return [SentAnswer(option_id=id_, score=chance.randint(1, 3)) for id_ in _some(chance, ids)]


_SLOTS = [{"day": f"2026-12-0{day}"} for day in range(1, OPTIONS + 1)]
# What is asked, by a name for the test: the kind, its settings, and how ballots are drawn.
CASES: Mapping[str, tuple[str, Mapping[str, Any], Draw]] = {
    "single": ("single", {}, _single),
    "multiple": ("multiple", {}, _chosen),
    "questions": ("questions", {}, _chosen),
    "rating": ("rating", {}, _rated),
    "star": ("rating", {"method": "star"}, _rated),
    "borda": ("ranking", {"places": 3}, _ranked),
    "schulze": ("ranking", {"places": 3, "method": "schulze"}, _ranked),
    "instant runoff": ("ranking", {"places": 3, "method": "instant_runoff"}, _ranked),
    "points": ("points", {}, _points),
    "numeric": ("numeric", {"min": -2, "max": 6, "step": 0.1}, _number),
    "word cloud": ("word_cloud", {}, _words),
    "open text": ("open_text", {}, _text),
    "hotspot": ("hotspot", {"maxPlaces": 3}, _places),
    "dates": ("dates", {"slots": _SLOTS}, _dates),
}


def ids_of(count: int) -> tuple[UUID, ...]:
    """Ids of options."""
    return tuple(UUID(int=number) for number in range(1, count + 1))


def make_kind(name: str, options: int | None = None, **settings: Any) -> Kind:
    """A kind with as many options as it can have, up to five, and these settings."""
    count = min(OPTIONS, KINDS[name].max_options) if options is None else options
    return build_kind(name, settings, ids_of(count))


def count_rounds(kind: Kind, tally: Cells) -> RunoffResult | None:
    """The rounds of an instant runoff, from all its orders; None for other methods."""
    assert isinstance(kind, Ranking)
    orders = of_group(tally, ORDER_GROUP)
    return kind.count_rounds(orders_in_memory(orders)) if kind.has_rounds else None
