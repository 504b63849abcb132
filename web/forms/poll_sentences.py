"""What the form of a poll says of a field that was refused."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from polls.embedding import MAX_EMBED_ORIGINS
from polls.models import (
    MAX_OPTIONS,
    MIN_OPTIONS,
    OPTION_MAX_CHARS,
    QUESTION_MAX_CHARS,
    QUESTION_MIN_CHARS,
)

# By the field, since one sentence says all that can be wrong with it.
_SENTENCES: dict[str, Promise] = {
    "question": _("A question has %(fewest)s to %(most)s characters."),
    "options": _("A poll has %(least)s to %(largest)s options."),
    "rows": _("Look at the options that are marked."),
    "option": _("An option has at most %(chars)s characters, all of them visible."),
    "option twice": _("This option is there already."),
    "max_choices": _("Enter a number, no larger than the number of options."),
    "opens_at": _("This is not a date with a time."),
    "closes_at": _("This is not a date with a time."),
    "gap": _("Clocks skip this time on that day, where you are. Choose an earlier or a later one."),
    "twice": _(
        "This time comes twice on that day, where you are. Choose an earlier or a later one."
    ),
    "opens_at early": _("Choose a time from 1970 on."),
    "closes_at late": _("Choose a time that is still to come, and after the poll opens."),
    "embed_origins": _(
        "Enter addresses of sites such as https://example.org, without a path: "
        "at most %(sites)s, or * alone."
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
}


def poll_field_sentence(
    name: str, *, is_row: bool = False, is_read: bool = False, reason: str = "", message: str = ""
) -> str:
    """The sentence for a field; ``is_read``: it could be read, and a service refused it.

    ``reason`` is why a time could not be read, where there is more to say: ``gap`` or ``twice``.
    """
    if is_row:
        name = "option twice" if is_read else "option"
    elif is_read:
        name = _REFUSED_BY_SERVICE.get(name, name)
    sentence = _SENTENCES.get(reason or name)
    return str(sentence) % _NUMBERS if sentence else message
