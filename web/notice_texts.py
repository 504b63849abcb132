"""Translated sentences of the system in rooms."""

from collections.abc import Mapping
from typing import Any

from django.utils.formats import localize
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chat.notices import CLOSED, OPENED, NoticeKind, NoticeLine, NoticeView
from chat.wire import MessageView
from polls.summaries import labels, patterns
from web.slot_words import when


def notice_texts() -> dict[str, Any]:
    """Return sentences by what the system says; the script fills in their ``{places}``.

    Messages of older versions have only their text in English.
    """
    return {
        **_sentences(),
        OPENED.text: _sentences()[NoticeKind.POLL_OPENED],
        CLOSED.text: _sentences()[NoticeKind.POLL_CLOSED],
        "patterns": patterns(),
        "labels": labels(),
    }


def voters_text(count: int) -> str:
    """Return how many people voted, with a place for the number."""
    return ngettext("{count} person voted", "{count} people voted", count)


def text_of_message(message: MessageView) -> str:
    """Return what a message says, in the reader's language if the system says it."""
    notice = message.notice
    if notice is None:
        known = notice_texts().get(message.body) if message.author is None else None
        return known if isinstance(known, str) else message.body
    if notice.kind != NoticeKind.FINAL_TALLY:
        return _sentences()[notice.kind]
    return _sentences()[notice.kind].format(tally=_tally(notice))


def _sentences() -> dict[str, str]:
    return {
        NoticeKind.POLL_OPENED.value: _("Voting is open."),
        NoticeKind.POLL_CLOSED.value: _("Voting is closed."),
        NoticeKind.FINAL_TALLY.value: _("Final tally: {tally}"),
    }


def _tally(notice: NoticeView) -> str:
    pattern, names = patterns().get(str(notice.poll_kind), ""), labels()
    said = "; ".join(_say(line, pattern, names) for line in notice.lines or ())
    voters = notice.voters or 0
    return said or voters_text(voters).format(count=voters)


def _say(line: NoticeLine, pattern: str, names: Mapping[str, str]) -> str:
    numbers = {name: localize(number) for name, number in line.numbers.items()}
    text = line.text if line.slot is None else when(line.slot)
    if text:
        # Isolated, so that its direction does not change that of the sentence.
        return f"\u2068{text}\u2069 {pattern.format(**numbers)}"
    return "; ".join(f"{names[name]} {number}" for name, number in numbers.items())
