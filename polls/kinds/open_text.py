"""Open text: one text per voter, shown as a wall of cards."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from apikit.wire import Wire
from polls.kinds.base import (
    MAX_ENTRIES,
    Answer,
    Answers,
    Approval,
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
from polls.kinds.texts import TextError, clean

# The key of a cell, which an index of PostgreSQL has to hold: 2,704 bytes, at 4 bytes a character.
MAX_CHARS = 500
# Of the texts of a frame, which ten thousand sockets may get many times a second: fifty texts of
# 500 Latin letters, or fewer that are as long in scripts with more bytes.
MAX_SHOWN_BYTES = 25_000


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTextSettings(Settings):
    """``needs_approval`` keeps texts from others until the host shows them."""

    max_chars: Annotated[int, Field(ge=10, le=MAX_CHARS)] = 250
    needs_approval: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Card(Wire):
    """A text, and how many people sent exactly it."""

    text: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTextTally(Wire):
    """The fifty newest texts, newest first; approved ones only if they need approval.

    Fewer if they are together longer than 25,000 bytes.

    ``total`` counts all texts, also those that are not shown.
    """

    kind: Literal["open_text"] = "open_text"
    cards: tuple[Card, ...]
    total: int


class OpenText(Kind):
    """One text without an option."""

    __slots__ = ()

    name = "open_text"
    settings_class = OpenTextSettings
    min_options = max_options = 0

    def parse(self, sent: Sequence[SentAnswer]) -> Answers:
        check_fields(sent, {"text"})
        check_count(sent, 1, "text")
        try:
            text = clean(sent[0].text or "", self.settings.max_chars, has_lines=True)
        except TextError as error:
            raise BallotError.at(0, "text", str(error)) from error
        return (Answer(None, text),)

    def cells(self, answers: Answers) -> Counter[Cell]:
        cells: Counter[Cell] = Counter()
        for each in answers:
            assert each.value is not None
            cells[Cell("text", each.value)] = 1
            cells[Cell("sum", "n")] = 1
        return cells

    def shown_groups(self) -> Sequence[ShownGroup]:
        approval = Approval.APPROVED if self.settings.needs_approval else Approval.NOT_REMOVED
        return [
            ShownGroup("text", MAX_ENTRIES, Order.NEWEST, approval=approval),
            ShownGroup("sum", 1),
        ]

    def view(self, cells: Cells) -> OpenTextTally:
        cards: list[Card] = []
        shown_bytes = 0
        for text, count in of_group(cells, "text").items():
            shown_bytes += len(text.encode())
            if len(cards) == MAX_ENTRIES or shown_bytes > MAX_SHOWN_BYTES:
                break
            cards.append(Card(text=text, count=count))
        return OpenTextTally(cards=tuple(cards), total=of_group(cells, "sum").get("n", 0))

    def show(self, answers: Answers) -> tuple[SentAnswer, ...]:
        return tuple(SentAnswer(text=each.value) for each in answers)
