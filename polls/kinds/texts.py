"""Texts in settings and answers: checked, normalized, and folded to count equal ones together."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field

from apikit.text import comparable, has_control_characters, is_invisible, normalized

LABEL_MAX_CHARS = 60
# Their accents are marks beside the same letters. In other scripts marks are vowels or letters.
_SCRIPTS_WITH_ACCENTS = ("LATIN", "GREEK", "CYRILLIC")
# How many marks compose with a letter: normalized() takes quadratic time for more.
MAX_CHARS_IN_ONE = 4


class TextError(ValueError):
    """A text that cannot be an answer; the message is a sentence for people."""


def clean(text: str, max_chars: int, *, has_lines: bool = False) -> str:
    """Return ``text`` normalized.

    :raises TextError: if it is empty, too long, or has control characters.
    """
    if len(text) > max_chars * MAX_CHARS_IN_ONE:
        raise TextError(f"At most {max_chars} characters are allowed.")
    text = normalized(text.replace("\r\n", "\n"))
    if has_control_characters(text, allowed="\n" if has_lines else ""):
        raise TextError("Control characters are not allowed.")
    if is_invisible(text):
        raise TextError("This field may not be blank.")
    if len(text) > max_chars:
        raise TextError(f"At most {max_chars} characters are allowed.")
    return text


def fold(text: str) -> str:
    """Return a form that is equal for words that differ in case, accents or whitespace.

    Works in every script: only Latin, Greek and Cyrillic letters lose their marks.
    """
    folded: list[str] = []
    base = ""
    for character in unicodedata.normalize("NFD", comparable(text)):
        if unicodedata.combining(character):
            if base.startswith(_SCRIPTS_WITH_ACCENTS):
                continue
        else:
            base = unicodedata.name(character, "")
        folded.append(character)
    return unicodedata.normalize("NFC", "".join(folded))


def _check_label(text: str) -> str:
    try:
        return clean(text, LABEL_MAX_CHARS)
    except TextError as error:
        raise ValueError("a visible text without control characters") from error


Label = Annotated[str, Field(max_length=LABEL_MAX_CHARS), AfterValidator(_check_label)]
