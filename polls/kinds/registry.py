"""All kinds by name."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any
from uuid import UUID

from apikit.wire import adapter_of
from polls.kinds.base import NO_DECISIONS, Kind
from polls.kinds.choices import Multiple, Questions, Single
from polls.kinds.dates import Dates, DatesTally
from polls.kinds.decisions import WordDecisions
from polls.kinds.hotspot import Hotspot, HotspotTally
from polls.kinds.numeric import Numeric, NumericTally
from polls.kinds.open_text import OpenText, OpenTextTally
from polls.kinds.points import Points, PointsTally
from polls.kinds.ranking import Ranking, RankingTally
from polls.kinds.rating import Rating, RatingTally
from polls.kinds.word_cloud import WordCloud, WordCloudTally

KindTally = (
    RatingTally
    | RankingTally
    | PointsTally
    | NumericTally
    | WordCloudTally
    | OpenTextTally
    | HotspotTally
    | DatesTally
)

KINDS: Mapping[str, type[Kind]] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            Single,
            Multiple,
            Rating,
            Ranking,
            Points,
            Numeric,
            WordCloud,
            OpenText,
            Hotspot,
            Dates,
            Questions,
        )
    }
)
# Their ballots name options and nothing else, and option counters are their only cells.
CHOICES = frozenset({Single.name, Multiple.name, Questions.name})


def build_kind(
    name: str,
    settings: Mapping[str, Any],
    option_ids: Sequence[UUID],
    decisions: WordDecisions = NO_DECISIONS,
) -> Kind:
    """Return a kind with stored settings; older ones may lack fields, which have their defaults."""
    kind = KINDS[name]
    checked = adapter_of(kind.settings_class).validate_python(dict(settings))
    return kind(checked, tuple(option_ids), decisions)
