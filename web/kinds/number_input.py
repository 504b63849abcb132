"""Numbers as people type them: decimal commas, digits of any script, grouped thousands."""

import re
import unicodedata
from collections.abc import Iterator

# Longer input is no number of a poll, whose bounds have ten digits and six decimals.
MAX_CHARS = 40
_IGNORED = re.compile("[\\s'’٬_\u200e\u200f\u061c\u2066-\u2069]")
_MINUS = re.compile("[−–]")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)")
_GROUPED = re.compile(r"[+-]?\d{1,3}[.,]\d{3}")


def read_numbers(text: str, decimal_separator: str) -> list[float]:
    """Return what a text can mean, the likeliest first; empty if it is no number.

    A single comma or point before three digits may separate decimals or thousands; then
    ``decimal_separator``, that of the reader's language, decides which reading is first.
    """
    if len(text) > MAX_CHARS:
        return []
    plain = _MINUS.sub("-", _IGNORED.sub("", text))
    plain = "".join(_latin(char) for char in plain)
    return [float(each) for each in _readings(plain, decimal_separator) if _NUMBER.fullmatch(each)]


def _readings(text: str, decimal_separator: str) -> Iterator[str]:
    if "٫" in text:
        yield re.sub("[.,]", "", text).replace("٫", ".")
        return
    separators = re.findall("[.,]", text)
    if len(set(separators)) > 1:
        # The last one separates decimals.
        other = "," if separators[-1] == "." else "."
        yield text.replace(other, "").replace(",", ".")
        return
    without = re.sub("[.,]", "", text)
    if len(separators) > 1:
        yield without
    elif not _GROUPED.fullmatch(text):
        yield text.replace(",", ".")
    elif separators[0] == decimal_separator:
        yield from (text.replace(",", "."), without)
    else:
        yield from (without, text.replace(",", "."))


def _latin(char: str) -> str:
    digit = unicodedata.decimal(char, None)
    return char if digit is None else str(digit)
