"""Word cloud: a few short texts, counted together if they differ only in case or accents."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import Field

from apikit.wire import Wire
from polls.kinds.base import (
    MAX_ENTRIES,
    Answer,
    Answers,
    BallotError,
    Cell,
    Cells,
    Kind,
    Order,
    SentAnswer,
    Settings,
    ShownGroup,
    check_count,
    check_fields,
    of_group,
)
from polls.kinds.texts import TextError, clean, fold

# More than words, because a word can have several spellings.
SPELLINGS_READ = 200
KEY_MAX_CHARS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class WordCloudSettings(Settings):
    """How many words a voter can send, and how long each can be."""

    max_words: Annotated[int, Field(ge=1, le=10)] = 3
    max_chars: Annotated[int, Field(ge=2, le=50)] = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Word(Wire):
    """``text`` is the most frequent spelling; ``key`` is the same for all of them."""

    key: str
    text: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WordCloudTally(Wire):
    """The fifty most frequent words, the largest first. ``total`` counts all that are shown.

    A word counts those that the host has merged into it; those that the host has removed do not
    count.
    """

    kind: Literal["word_cloud"] = "word_cloud"
    words: tuple[Word, ...]
    total: int


class WordCloud(Kind):
    """Words without options."""

    __slots__ = ()

    name = "word_cloud"
    settings_class = WordCloudSettings
    min_options = max_options = 0

    def parse(self, sent: Sequence[SentAnswer]) -> Answers:
        check_fields(sent, {"text"})
        check_count(sent, self.settings.max_words, "words")
        words: dict[str, str] = {}
        for index, each in enumerate(sent):
            try:
                word = " ".join(clean(each.text or "", self.settings.max_chars).split())
            except TextError as error:
                raise BallotError.at(index, "text", str(error)) from error
            words.setdefault(word_key(word), word)
        return tuple(Answer(None, word) for word in words.values())

    def cells(self, answers: Answers) -> Counter[Cell]:
        cells: Counter[Cell] = Counter()
        for each in answers:
            assert each.value is not None
            cells[Cell("word", word_key(each.value))] = 1
            cells[Cell("spelling", each.value)] = 1
            cells[Cell("sum", "n")] += 1
        return cells

    def shown_groups(self) -> Sequence[ShownGroup]:
        # Decided words are read however rare they are, and may be all among the largest.
        keys = self.decisions.keys
        return [
            ShownGroup("word", MAX_ENTRIES + len(keys), Order.LARGEST, keys=keys),
            ShownGroup("spelling", SPELLINGS_READ, Order.LARGEST),
            ShownGroup("sum", 1),
        ]

    def view(self, cells: Cells) -> WordCloudTally:
        spellings = sorted(
            of_group(cells, "spelling").items(), key=lambda each: (-each[1], each[0])
        )
        texts: dict[str, str] = {}
        for text, _ in spellings:
            texts.setdefault(word_key(text), text)
        sent = of_group(cells, "word")
        shown = self.decisions.apply(sent)
        words = sorted(shown.items(), key=lambda each: (-each[1], each[0]))
        texts = {**self.decisions.texts, **texts}
        hidden = sum(sent.values()) - sum(shown.values())
        return WordCloudTally(
            # The folded word stands in for a spelling that is too rare to be read.
            words=tuple(
                Word(key=key, text=texts.get(key, key), count=count)
                for key, count in words[:MAX_ENTRIES]
            ),
            total=of_group(cells, "sum").get("n", 0) - hidden,
        )

    def show(self, answers: Answers) -> tuple[SentAnswer, ...]:
        return tuple(SentAnswer(text=each.value) for each in answers)


@lru_cache(maxsize=10_000)
def word_key(word: str) -> str:
    """What words are counted by. Folding turns some characters into up to eighteen."""
    return fold(word)[:KEY_MAX_CHARS]
