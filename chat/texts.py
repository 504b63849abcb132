"""Rules for the texts of messages."""

import re
import unicodedata

from apikit.errors import ValidationFailedError
from apikit.text import has_control_characters, is_invisible, normalized
from chat.models import EMOJI_MAX_CHARS, MESSAGE_MAX_CHARS

# Normalizing takes quadratic time for malicious input, so longer texts are refused before it.
_INPUT_MAX_CHARS = 2 * MESSAGE_MAX_CHARS
# Line breaks other than line feeds, as in texts that are pasted from other programs.
_OTHER_BREAKS = re.compile("\r\n?|[\v\f\x85\u2028\u2029]")
_TAB_CHARS = 4
_TOO_LONG = f"At most {MESSAGE_MAX_CHARS} characters are allowed."
_MODIFIERS = "[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]*"
_REGION = "[\U0001f1e6-\U0001f1ff]"
# A flag, a keycap, or pictures that joiners make one; what pictures are, the categories tell.
_ONE_EMOJI = re.compile(
    f"{_REGION}{{2}}|[0-9#*]\ufe0f?\u20e3|(?!{_REGION}).{_MODIFIERS}(?:\u200d.{_MODIFIERS})*"
)
# Symbols; emoji are "other symbols", and skin tones "modifier symbols".
_SYMBOLS = {"So", "Sk", "Sm"}


def with_plain_whitespace(text: str) -> str:
    """Return ``text`` with line feeds for other line breaks, and spaces for tabs."""
    return _OTHER_BREAKS.sub("\n", text).expandtabs(_TAB_CHARS)


def check_body(text: str) -> str:
    """Return the text of a message as it is stored: plain text, with line feeds.

    :raises ValidationFailedError: unless it has 1 to 2,000 characters, one of them visible, and no
        control characters other than line breaks and tabs.
    """
    if len(text) > _INPUT_MAX_CHARS:
        raise ValidationFailedError.of("body", _TOO_LONG)
    body = normalized(with_plain_whitespace(text))
    if is_invisible(body):
        raise ValidationFailedError.of("body", "This field may not be blank.")
    if len(body) > MESSAGE_MAX_CHARS:
        raise ValidationFailedError.of("body", _TOO_LONG)
    if has_control_characters(body, allowed="\n"):
        raise ValidationFailedError.of("body", "Control characters are not allowed.")
    return body


def check_emoji(text: str) -> str:
    """Return an emoji of a reaction.

    :raises ValidationFailedError: unless it is a short text with a symbol and without letters.
    """
    categories = {unicodedata.category(character) for character in text}
    is_emoji = bool(categories & _SYMBOLS) or text.endswith("\u20e3")
    has_letters = any(category[0] in "LCZ" and category != "Cf" for category in categories)
    is_one = len(text) <= EMOJI_MAX_CHARS and _ONE_EMOJI.fullmatch(text) is not None
    if not (is_one and is_emoji) or has_letters:
        raise ValidationFailedError.of("emoji", "Must be one emoji.")
    return text
