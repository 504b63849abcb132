"""Texts that people wrote, with what the template needs to set them."""

import re
import unicodedata
from typing import Any

# A string that the template sets as it is, or a text by a person.
Part = str | dict[str, Any]

# Longer words are broken, because they could be wider than a column.
_WORD_MAX_CHARS = 20
_BREAK_EVERY = 8
_BREAK = "\u200b"
# Scripts whose lines break without spaces.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\ua000-\ua4cf\uac00-\ud7af\uf900-\ufaff"
    "\uff00-\uffef\U00020000-\U0003ffff"
)
_LONG_WORD = re.compile(rf"[^\s{_UNSPACED}]{{{_WORD_MAX_CHARS + 1},}}")
_JOINER = "\u200d"
# UAX 9: the direction of an isolate is that of its first letter.
_ISOLATE, _END_ISOLATE = "\u2068", "\u2069"
_KANA = re.compile("[\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f]")
_HANGUL = re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]")
_HAN = re.compile("[\u2e80-\u2fdf\u3005\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
# Byte order marks, which PDF/UA does not allow.
_NOT_ALLOWED = str.maketrans("", "", "\ufeff")


def written(text: str) -> dict[str, Any]:
    """Return a text for the template, and its language if the script tells it.

    ``cjk`` is the variant of the font, because Chinese, Japanese and Korean draw the same
    characters differently. Line breaks are allowed in long words, and each line is isolated, so
    that it has a direction of its own in a sentence of another one.
    """
    text = text.translate(_NOT_ALLOWED)
    cjk, language = _east_asian(text)
    lines = (_LONG_WORD.sub(_break_word, line) for line in text.splitlines())
    return {
        "text": "\n".join(f"{_ISOLATE}{line}{_END_ISOLATE}" for line in lines),
        "cjk": cjk,
        "language": language,
    }


def sentence(pattern: str, **places: Part) -> list[Part]:
    """Return the parts of a translated sentence with ``{places}``, some written by people."""
    parts = re.split(r"\{(\w+)\}", pattern)
    return [places[each] if index % 2 else each for index, each in enumerate(parts) if each]


def _east_asian(text: str) -> tuple[str, str | None]:
    if _HANGUL.search(text):
        return "KR", "ko"
    if _KANA.search(text):
        return "JP", "ja"
    if not _HAN.search(text):
        return "SC", None
    # The simplified and the traditional set share the characters that were not simplified.
    return ("TC" if _fits(text, "big5") and not _fits(text, "gb2312") else "SC"), "zh"


def _fits(text: str, encoding: str) -> bool:
    """Return whether an encoding has all Chinese characters of a text."""
    try:
        "".join(_HAN.findall(text)).encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _break_word(match: re.Match[str]) -> str:
    """Allow a line break after every few characters, but not within what is drawn as one."""
    word = match[0]
    pieces: list[str] = []
    since_break = 0
    for index, character in enumerate(word):
        is_attached = (
            unicodedata.category(character).startswith("M")
            or character == _JOINER
            or 0x1F3FB <= ord(character) <= 0x1F3FF
            or (index > 0 and word[index - 1] == _JOINER)
        )
        if since_break >= _BREAK_EVERY and not is_attached:
            pieces.append(_BREAK)
            since_break = 0
        pieces.append(character)
        since_break += 1
    return "".join(pieces)
