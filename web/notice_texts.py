"""Translated sentences of the system in rooms."""

from collections.abc import Mapping
from typing import Any

from django.utils.formats import localize
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chat.models import MessageKind
from chat.notices import CLOSED, OPENED, NoticeKind, NoticeLine, NoticeView
from chat.wire import MessageView
from polls.summaries import labels, patterns
from web.slot_words import when


def notice_texts() -> dict[str, Any]:
    """Return the texts of system messages; the script fills in their ``{places}``."""
    return {"sentences": _sentences(), "patterns": patterns(), "labels": labels()}


def voters_text(count: int) -> str:
    """Return how many people voted, with a place for the number."""
    return ngettext("{count} person voted", "{count} people voted", count)


def text_of_message(message: MessageView) -> str:
    """Return what a message says, in the reader's language if the system says it."""
    notice = message.notice
    if notice is None:
        is_of_system = message.kind == MessageKind.SYSTEM
        return _sentences().get(message.body, message.body) if is_of_system else message.body
    if notice.kind != NoticeKind.FINAL_TALLY:
        return _sentences()[notice.kind]
    return _sentences()[notice.kind].format(tally=_tally(notice))


def _sentences() -> dict[str, str]:
    """Return sentences by the kind of the notice, or by the English text of older messages."""
    opened, closed = _("Voting is open."), _("Voting is closed.")
    return {
        NoticeKind.POLL_OPENED.value: opened,
        NoticeKind.POLL_CLOSED.value: closed,
        NoticeKind.FINAL_TALLY.value: _("Final tally: {tally}"),
        OPENED.text: opened,
        CLOSED.text: closed,
    }


def _tally(notice: NoticeView) -> str:
    pattern, names = patterns().get(str(notice.poll_kind), ""), labels()
    said = [_say(line, pattern, names) for line in notice.lines or ()]
    voters = notice.voters or 0
    if not said:
        return voters_text(voters).format(count=voters)
    return "; ".join([*said, "…"] if notice.is_shortened else said)


def _say(line: NoticeLine, pattern: str, names: Mapping[str, str]) -> str:
    numbers = {name: localize(number) for name, number in line.numbers.items()}
    text = line.text if line.slot is None else when(line.slot)
    if text:
        # Isolated, so that its direction does not change that of the sentence.
        return f"\u2068{text}\u2069 {pattern.format(**numbers)}"
    return "; ".join(f"{names[name]} {number}" for name, number in numbers.items())
