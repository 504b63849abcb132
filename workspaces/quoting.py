"""Makes names of users fit for emails to other people.

Anyone can invite any address, so a name in an email could carry advertising: it must be short, and
no mail program may turn a part of it into a link.
"""

import re
import unicodedata

from apikit.text import is_invisible

# Bounds the work of normalizing.
_INPUT_MAX_CHARS = 1_000
# Letters of some scripts need them to take the right shape.
_JOINERS = "\u200c\u200d"
# Control, format (with bidirectional ones), private and unassigned characters, separators.
_REFUSED_CATEGORIES = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}
# Quotation marks would end the quotation.
_QUOTATION_MARKS = re.compile(
    '["\u00ab\u00bb\u201c-\u201f\u2039\u203a\u275d\u275e\u300c-\u300f\u301d-\u301f]'
)
# Words that can only be addresses; a domain alone may be a name without its spaces (Dr.Who).
_ADDRESS = re.compile(r"\S*(?::/|\w@\w|\bwww[.\u3002]|\w[.\u3002]\w+[/?])\S*", re.IGNORECASE)
# Parts of other addresses, and of the markup of HTML, Markdown and text emails.
_MARKUP = re.compile(r"[@\\<>\[\]{}*_~`|^]")
# A domain has no space after a full stop (of any script), a scheme none after its colon.
_FULL_STOP = re.compile("([.\u3002\u0589\u06d4\u0964])(?=[^\\s.])")
_COLON = re.compile(r":(?=\S)")
# Some programs make phone numbers links.
_PHONE_NUMBER = re.compile(r"\+?\d(?:[\s().\-+]*\d){8,}")


def quotable(text: str, max_chars: int) -> str:
    """Return a name as emails to others may have it, in quotation marks; "…" if nothing is left.

    Without line breaks, control and bidirectional characters, quotation marks, markup, phone
    numbers, and whatever is recognized as a link; at most ``max_chars`` characters.
    """
    # Compatible forms first: a wide full stop in a domain works like the usual one.
    text = unicodedata.normalize("NFKC", " ".join(text[:_INPUT_MAX_CHARS].split()))
    text = "".join(
        each
        for each in text
        if each in _JOINERS or unicodedata.category(each) not in _REFUSED_CATEGORIES
    )
    text = _QUOTATION_MARKS.sub("’", text)
    text = _ADDRESS.sub("…", text)
    text = _PHONE_NUMBER.sub("…", _MARKUP.sub(" ", text).replace("/", " / "))
    text = _COLON.sub(": ", _FULL_STOP.sub(r"\1 ", text))
    text = " ".join(text.split())
    if len(text) > max_chars:
        text = f"{text[: max_chars - 1].rstrip(_JOINERS + ' ')}…"
    return "…" if is_invisible(text) else text
