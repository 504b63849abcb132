"""Texts in settings and answers: checked, normalized, and folded to count equal ones together."""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field

from apikit.text import comparable, has_control_characters, is_invisible, normalized

LABEL_MAX_CHARS = 60
# Their marks are accents, or vowel signs that most people leave out, beside the same letters. In
# other scripts, marks are letters.
_SCRIPTS_WITH_ACCENTS = {"LATIN", "GREEK", "CYRILLIC", "HEBREW"}
_ARABIC_VOWEL_SIGNS = frozenset("\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652\u0670")
# Letters of their own, although Unicode decomposes them into another one and a mark.
_LETTERS = {"й", "ў", "ї"}
# Accents that Unicode does not decompose; I in Turkish, because the language of an I is unknown;
# the tatweel, which only stretches Arabic words.
_PLAIN = str.maketrans("ıłøđħ", "ilodh", "\u0640")
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

    Works in every script: marks count where they are letters.
    """
    plain = comparable(text)
    folded: list[str] = []
    base = ""
    for character in unicodedata.normalize("NFD", plain).translate(_PLAIN):
        if not unicodedata.combining(character):
            base = character
        elif _is_accent(character, base):
            continue
        folded.append(character)
    words = unicodedata.normalize("NFC", "".join(folded)).split()
    # None in a text of nothing but tatweels.
    return " ".join(words) or plain


def _is_accent(mark: str, base: str) -> bool:
    """Return whether a mark after this character is left out."""
    script = unicodedata.name(base, "").partition(" ")[0] if base else ""
    if script == "ARABIC":
        return mark in _ARABIC_VOWEL_SIGNS
    is_letter = unicodedata.normalize("NFC", base + mark) in _LETTERS
    return script in _SCRIPTS_WITH_ACCENTS and not is_letter


def _check_label(text: str) -> str:
    try:
        return clean(text, LABEL_MAX_CHARS)
    except TextError as error:
        raise ValueError("a visible text without control characters") from error


Label = Annotated[str, Field(max_length=LABEL_MAX_CHARS), AfterValidator(_check_label)]
