"""Error messages of the poll form's fields."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from polls.embedding import MAX_EMBED_ORIGINS
from polls.models import (
    MAX_OPTIONS,
    MIN_OPTIONS,
    OPTION_MAX_CHARS,
    OPTION_MAX_LIMIT,
    PICTURE_ALT_MAX_CHARS,
    QUESTION_MAX_CHARS,
    QUESTION_MIN_CHARS,
)

# By field: one sentence covers everything that can be wrong with it.
_SENTENCES: dict[str, Promise] = {
    "question": _("Enter a question of %(fewest)s to %(most)s characters."),
    "options": _("Add %(least)s to %(largest)s options."),
    "rows": _("Check the highlighted options."),
    "option": _("Use up to %(chars)s visible characters."),
    "option twice": _("This option already exists."),
    "limit": _("Enter a whole number of places from 1 to %(places)s."),
    "pictureId": _("This picture is no longer there. Choose it again."),
    "pictureAlt": _("Describe the picture in up to %(alt)s visible characters."),
    "picture": _("This picture is no longer there. Choose it again."),
    "picture_alt": _("Describe the picture in up to %(alt)s visible characters."),
    "max_choices": _("Enter a number no larger than the number of options."),
    "opens_at": _("Enter a date and time."),
    "closes_at": _("Enter a date and time."),
    "gap": _(
        "This time doesn’t exist on that day because the clocks go forward. Choose another time."
    ),
    "twice": _(
        "This time occurs twice on that day because the clocks go back. Choose another time."
    ),
    "opens_at early": _("Choose a date in 1970 or later."),
    "closes_at late": _("Choose a time in the future, after the poll opens."),
    "embed_origins": _(
        "Enter up to %(sites)s site addresses without a path, such as https://example.org, or "
        "just *."
    ),
}
_REFUSED_BY_SERVICE = {"opens_at": "opens_at early", "closes_at": "closes_at late"}
_NUMBERS = {
    "fewest": QUESTION_MIN_CHARS,
    "most": QUESTION_MAX_CHARS,
    "least": MIN_OPTIONS,
    "largest": MAX_OPTIONS,
    "chars": OPTION_MAX_CHARS,
    "sites": MAX_EMBED_ORIGINS,
    "places": OPTION_MAX_LIMIT,
    "alt": PICTURE_ALT_MAX_CHARS,
}


def row_sentence(field: str, *, is_read: bool) -> str:
    """Returns the sentence for a field of a row, such as ``limit``; empty for its text."""
    name = field if field in _SENTENCES else "option twice" if is_read else "option"
    return str(_SENTENCES[name]) % _NUMBERS


def poll_field_sentence(
    name: str, *, is_read: bool = False, reason: str = "", message: str = ""
) -> str:
    """Returns the sentence for a field; ``is_read`` if it was parsed, and a service refused it.

    ``reason`` is ``gap`` or ``twice`` for a local time that daylight saving makes ambiguous.
    """
    if is_read:
        name = _REFUSED_BY_SERVICE.get(name, name)
    sentence = _SENTENCES.get(reason or name)
    return str(sentence) % _NUMBERS if sentence else message
