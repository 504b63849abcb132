"""The pages of ``word_cloud``: a few short texts per voter."""

from collections.abc import Sequence
from math import sqrt
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apikit.errors import ValidationFailedError
from polls.kinds.base import SentAnswer
from polls.kinds.registry import build_kind
from polls.kinds.word_cloud import WordCloudSettings, WordCloudTally
from polls.models import Poll, PollKind
from polls.tally import PollResults
from web.kinds.base import KindPages
from web.kinds.plurals import filled, plural_forms

# Steps of size where words are not laid out as a cloud: without a script, and in old browsers.
SIZES = 6


class WordCloudPages(KindPages):
    """See ``web.kinds.base``."""

    kind = PollKind.WORD_CLOUD
    ballot_modules = ("counted.js", "text_length.js")
    result_modules = ("counted.js", "cloud.js", "cloud_layout.js")

    def hint(self, poll: Poll) -> str:
        count = _settings(poll).max_words
        return ngettext(
            "Enter a word or a short phrase.",
            "Enter up to %(count)d words or short phrases.",
            count,
        ) % {"count": count}

    def read_form(self, poll: Poll, fields: QueryDict) -> list[SentAnswer]:
        texts = [" ".join(text.split()) for text in fields.getlist("word")]
        most = _settings(poll).max_chars
        if any(len(text) > most for text in texts):
            raise ValidationFailedError.of("option", filled(too_long_text, most))
        return [SentAnswer(text=text) for text in texts if text]

    def ballot_context(self, poll: Poll, answers: Sequence[SentAnswer]) -> dict[str, Any]:
        settings = _settings(poll)
        words = [answer.text or "" for answer in answers]
        rest = settings.max_words - len(words)
        return {
            "words": words,
            "fields": [*words, *[""] * rest],
            # A code point has up to two of the units that browsers count.
            "max_units": 2 * settings.max_chars,
            "max_chars": settings.max_chars,
        }

    def result_context(self, poll: Poll, results: PollResults) -> dict[str, Any]:
        tally = results.tally
        if not isinstance(tally, WordCloudTally):
            return {"words": [], "count": ""}
        return {
            "words": [
                {"text": word.text, "count": word.count, "size": _size_of(word.count, tally)}
                for word in tally.words
            ],
            "count": _count_text(tally.total, results.total_voters or 0),
        }

    def outcome(self, poll: Poll, results: PollResults) -> str:
        tally = results.tally
        if not isinstance(tally, WordCloudTally) or not tally.words:
            return ""
        most = [word.text for word in tally.words if word.count == tally.words[0].count]
        return _outcome_text(len(most)).format(word=most[0], count=len(most))

    def texts(self, poll: Poll) -> dict[str, Any]:
        return {
            "words": plural_forms(words_text),
            "people": plural_forms(people_text),
            "count": _("{words} from {people}"),
            "wordCount": _("{word}: {count}"),
            "outcome": plural_forms(_outcome_text),
            "nothing": _("No words yet."),
            "hidden": _("The words are hidden for now."),
            "length": _("{count} of {max} characters"),
            "tooLong": plural_forms(too_long_text),
        }


def _settings(poll: Poll) -> WordCloudSettings:
    settings: WordCloudSettings = build_kind(poll.kind, poll.settings, ()).settings
    return settings


def _size_of(count: int, tally: WordCloudTally) -> int:
    """The step of size of a word, from 1 to ``SIZES``; its area grows with the count."""
    return max(1, round(SIZES * sqrt(count / tally.words[0].count)))


def _count_text(words: int, people: int) -> str:
    return _("{words} from {people}").format(
        words=filled(words_text, words), people=filled(people_text, people)
    )


def words_text(count: int) -> str:
    return ngettext("{count} word", "{count} words", count)


def people_text(count: int) -> str:
    return ngettext("{count} person", "{count} people", count)


def too_long_text(count: int) -> str:
    """Return why a text is refused; ``count`` is the limit."""
    return ngettext(
        "At most {count} character is allowed.", "At most {count} characters are allowed.", count
    )


def _outcome_text(count: int) -> str:
    return ngettext(
        "Most frequent: {word}", "Most frequent: {count} words, among them {word}", count
    )
