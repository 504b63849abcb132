"""What the system says in a room: as text in English, and as data that pages translate."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.utils import translation

from apikit.errors import shortened
from apikit.wire import Wire, adapter_of, to_wire
from chat.models import MESSAGE_MAX_CHARS, Message
from polls.kinds.dates import Slot
from polls.models import PollKind
from polls.summaries import Line, Measure, measures, summarize
from polls.tally import OptionTally, Tally


class NoticeKind(StrEnum):
    POLL_OPENED = "poll.opened"
    POLL_CLOSED = "poll.closed"
    FINAL_TALLY = "tally.final"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeLine(Wire):
    """A text of a tally, and its numbers by name. Without a text they are about the whole poll.

    ``slot`` is the date that the text stands for.
    """

    text: str
    numbers: Mapping[str, int | float]
    slot: Slot | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeView(Wire):
    """What a message of the system says, so that clients can say it in their language.

    The other fields are those of a final tally, and null otherwise. ``lines`` are empty for kinds
    that have too many or too long answers to list. If ``is_shortened``, there are more of them.
    """

    kind: NoticeKind
    poll_kind: PollKind | None = None
    voters: int | None = None
    lines: tuple[NoticeLine, ...] | None = None
    is_shortened: bool | None = None


@dataclass(frozen=True, slots=True)
class Notice:
    """A system message to store: an English ``text`` for API clients, and its content as data."""

    text: str
    view: NoticeView


OPENED = Notice("The poll is open.", NoticeView(kind=NoticeKind.POLL_OPENED))
CLOSED = Notice("The poll is closed.", NoticeView(kind=NoticeKind.POLL_CLOSED))


def final_tally(kind: str, tally: Tally) -> Notice:
    """Return the notice about the tally of a closed poll, not longer than a message."""
    lines, is_shortened = _fitting(_measures(tally))
    view = NoticeView(
        kind=NoticeKind.FINAL_TALLY,
        poll_kind=PollKind(kind),
        voters=tally.total_voters,
        lines=lines,
        is_shortened=is_shortened,
    )
    return Notice(shortened(f"Final tally: {_in_english(tally)}", MESSAGE_MAX_CHARS), view)


def stored(notice: Notice) -> dict[str, object]:
    """Return the fields of the message that says it."""
    return {"body": notice.text, "notice": to_wire(notice.view)}


def view_notice(message: Message) -> NoticeView | None:
    """Return what a message says as data; None for those of people, deleted and older ones."""
    if message.notice is None or message.deleted_at is not None:
        return None
    view: NoticeView = adapter_of(NoticeView).validate_python(message.notice)
    return view


def _measures(tally: Tally) -> Sequence[Measure]:
    """Nobody's answers are not listed, but options that could have been chosen are."""
    return [] if tally.tally is not None and not tally.total_voters else measures(to_wire(tally))


def _fitting(found: Iterable[Measure]) -> tuple[tuple[NoticeLine, ...], bool]:
    """Return the first lines, with as many characters as a message can have."""
    lines: list[NoticeLine] = []
    left = MESSAGE_MAX_CHARS
    for text, numbers, slot in found:
        left -= len(text)
        if left < 0:
            return tuple(lines), True
        date = None if slot is None else adapter_of(Slot).validate_python(slot)
        lines.append(NoticeLine(text=text, numbers=numbers, slot=date))
    return tuple(lines), False


def _in_english(tally: Tally) -> str:
    with translation.override("en"):
        if tally.tally is None:
            return ", ".join(map(_count_of, tally.options)) or "no questions"
        said = "; ".join(map(_say, summarize(to_wire(tally)) if tally.total_voters else ()))
    # Answers that are more than options are too many to list.
    return said or _count_answers(tally.total_voters or 0)


def _say(line: Line) -> str:
    return " ".join(line)


def _count_of(option: OptionTally) -> str:
    return f"{option.text} {option.vote_count} ({option.percentage} %)"


def _count_answers(count: int) -> str:
    return "no answers" if count == 0 else "1 answer" if count == 1 else f"{count} answers"
