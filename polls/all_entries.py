"""Reads all words, texts and places of a tally, of which frames show the first fifty.

For exports: in chunks, so memory stays flat however many there are. Only what people may see.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge
from uuid import UUID

from django.db.models import Q, QuerySet

from apikit.wire import Wire
from polls.decisions import texts_not_removed, texts_with
from polls.host_models import Verdict
from polls.kinds.base import Approval, Cells, Kind
from polls.kinds.base import Cell as CellKey
from polls.kinds.hotspot import Hotspot, Spot, count_spots
from polls.kinds.open_text import Card, OpenText
from polls.kinds.word_cloud import WordCloud, word_key
from polls.models import Cell

CHUNK_ROWS = 1000
# Of the most frequent ones; a rarer word is shown as it is counted, in lower case without accents.
SPELLINGS_READ = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedWord(Wire):
    """A word in its most frequent spelling."""

    text: str
    count: int


Entry = CountedWord | Card | Spot
# The kinds of which a frame does not show everything.
CUT_KINDS = frozenset({WordCloud.name, OpenText.name, Hotspot.name})


def read_all_entries(poll_id: UUID, kind: Kind) -> Iterator[Entry]:
    """Yield the words or places with the largest counts first, or the newest texts first.

    Nothing for other kinds. A query for every ``CHUNK_ROWS``; what is counted meanwhile may be
    missing.
    """
    match kind:
        case WordCloud():
            return _read_words(poll_id, kind)
        case OpenText():
            return _read_texts(poll_id, kind)
        case Hotspot():
            return iter(count_spots(_read_places(poll_id)))
        case _:
            return iter(())


def _read_words(poll_id: UUID, kind: WordCloud) -> Iterator[CountedWord]:
    words = Cell.objects.filter(poll_id=poll_id, group="word", count__gt=0)
    decided = dict(words.filter(key__in=kind.decisions.keys).values_list("key", "count"))
    counted = kind.decisions.apply(decided).items()
    others = _in_order_of_counts(words.exclude(key__in=kind.decisions.keys))
    spellings = Cell.objects.filter(poll_id=poll_id, group="spelling").order_by("-count", "key")
    texts: dict[str, str] = {}
    for text in spellings.values_list("key", flat=True)[:SPELLINGS_READ]:
        texts.setdefault(word_key(text), text)
    texts = {**kind.decisions.texts, **texts}
    in_order = sorted((-count, key) for key, count in counted)
    for minus_count, key in merge(in_order, others):
        yield CountedWord(text=texts.get(key, key), count=-minus_count)


def _in_order_of_counts(cells: QuerySet[Cell]) -> Iterator[tuple[int, str]]:
    """Yield (minus the count, key), sorted."""
    rows = cells.order_by("-count", "key").values_list("count", "key")
    chunk = list(rows[:CHUNK_ROWS])
    while chunk:
        yield from ((-count, key) for count, key in chunk)
        count, key = chunk[-1]
        chunk = list(rows.filter(Q(count__lt=count) | Q(count=count, key__gt=key))[:CHUNK_ROWS])


def _read_texts(poll_id: UUID, kind: OpenText) -> Iterator[Card]:
    is_held = any(each.approval == Approval.APPROVED for each in kind.shown_groups())
    texts = texts_with(poll_id, Verdict.SHOWN) if is_held else texts_not_removed(poll_id)
    rows = texts.order_by("-id").values_list("id", "key", "count")
    chunk = list(rows[:CHUNK_ROWS])
    while chunk:
        yield from (Card(text=text, count=count) for _, text, count in chunk)
        chunk = list(rows.filter(id__lt=chunk[-1][0])[:CHUNK_ROWS])


def _read_places(poll_id: UUID) -> Cells:
    places = Cell.objects.filter(poll_id=poll_id, group="place").values_list("key", "count")
    return {CellKey("place", key): count for key, count in places}
