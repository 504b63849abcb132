"""The pages of ``open_text``: one text per voter, shown as a wall of cards."""

from collections.abc import Sequence
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apikit.errors import ValidationFailedError
from polls.kinds.base import SentAnswer
from polls.kinds.open_text import Card, OpenTextSettings, OpenTextTally
from polls.kinds.registry import build_kind
from polls.models import Poll, PollKind
from polls.tally import PollResults
from web.kinds.base import KindPages
from web.kinds.plurals import filled, plural_forms
from web.kinds.word_cloud import too_long_text


class OpenTextPages(KindPages):
    """See ``web.kinds.base``."""

    kind = PollKind.OPEN_TEXT
    ballot_modules = ("counted.js", "text_length.js")
    result_modules = ("counted.js", "wall.js", "gliding.js", "pages.js")

    def hint(self, poll: Poll) -> str:
        if _settings(poll).needs_approval:
            return _("Write your answer. Others see it once the host has approved it.")
        return _("Write your answer. Everyone can see it, without your name.")

    def read_form(self, poll: Poll, fields: QueryDict) -> list[SentAnswer]:
        # Browsers send line breaks as two characters.
        text = fields.get("text", "").replace("\r\n", "\n").strip()
        most = _settings(poll).max_chars
        if len(text) > most:
            raise ValidationFailedError.of("option", filled(too_long_text, most))
        return [SentAnswer(text=text)] if text else []

    def ballot_context(self, poll: Poll, answers: Sequence[SentAnswer]) -> dict[str, Any]:
        settings = _settings(poll)
        return {
            "text": answers[0].text if answers else "",
            "max_chars": settings.max_chars,
            # A code point has up to two of the units that browsers count.
            "max_units": 2 * settings.max_chars,
            "needs_approval": settings.needs_approval,
        }

    def result_context(self, poll: Poll, results: PollResults) -> dict[str, Any]:
        tally = results.tally
        cards = tally.cards if isinstance(tally, OpenTextTally) else ()
        total = tally.total if isinstance(tally, OpenTextTally) else 0
        return {
            "cards": [
                {"text": card.text, "count": card.count, "length": length_class(card.text)}
                for card in cards
            ],
            "count": count_text(cards, total) if total else "",
            "nothing": nothing_text(needs_approval=_settings(poll).needs_approval and total > 0),
        }

    def outcome(self, poll: Poll, results: PollResults) -> str:
        tally = results.tally
        return filled(texts_text, tally.total) if isinstance(tally, OpenTextTally) else ""

    def texts(self, poll: Poll) -> dict[str, Any]:
        return {
            "texts": plural_forms(texts_text),
            "newest": _("The {shown} newest of {texts}"),
            "nothing": nothing_text(needs_approval=False),
            "unapproved": nothing_text(needs_approval=True),
            "hidden": _("The answers are hidden for now."),
            "yours": _("Your answer"),
            "times": plural_forms(times_text),
            "summary": _("Newest answer: {text}"),
            "waiting": plural_forms(_waiting_text),
            "page": _("Page {page} of {pages}"),
            "length": _("{count} of {max} characters"),
            "tooLong": plural_forms(too_long_text),
        }


def length_class(text: str) -> str:
    """How large a text can be set, the same as in ``js/kinds/wall.js``."""
    if len(text) <= 60:
        return "short"
    return "medium" if len(text) <= 180 else "long"


def count_text(cards: Sequence[Card], total: int) -> str:
    """Return how many texts there are, and how many different ones are shown if not all are."""
    texts = filled(texts_text, total)
    sent = sum(card.count for card in cards)
    if sent == 0 or sent >= total:
        return texts
    return _("The {shown} newest of {texts}").format(shown=len(cards), texts=texts)


def nothing_text(*, needs_approval: bool) -> str:
    if needs_approval:
        return _("Answers appear here once they are approved.")
    return _("No answers yet.")


def texts_text(count: int) -> str:
    return ngettext("{count} answer", "{count} answers", count)


def times_text(count: int) -> str:
    """Return how many people sent the same text."""
    return ngettext("Sent by {count} person", "Sent by {count} people", count)


def _waiting_text(count: int) -> str:
    return ngettext("{count} new answer", "{count} new answers", count)


def _settings(poll: Poll) -> OpenTextSettings:
    settings: OpenTextSettings = build_kind(poll.kind, poll.settings, ()).settings
    return settings
