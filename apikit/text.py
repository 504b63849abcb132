"""What people write, made fit to keep: any script, no control characters."""

import re
import unicodedata

# Cc: control characters, NUL among them, which PostgreSQL refuses. Cs: halves of surrogate
# pairs, which aren't text. Zl, Zp: line and paragraph separators.
_REFUSED_CATEGORIES = {"Cc", "Cs", "Zl", "Zp"}
# Those which turn the direction of what follows, and so disguise it. Marks and joiners (U+200C to
# U+200F) are part of some scripts.
_REFUSED_CHARACTERS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Noncharacters: Unicode keeps them for a program's own use. XML cannot hold the last two of the
# first plane.
_NONCHARACTERS = "\ufdd0-\ufdef" + "".join(
    f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}" for plane in range(17)
)
_NONCHARACTER = re.compile(f"[{_NONCHARACTERS}]")
# What XML 1.0 has no way to write, escaped or not: its production [2] Char.
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Besides the categories for it, these letters and signs show nothing either.
# Marks need a letter to stand on.
_INVISIBLE_CATEGORIES = {"Cc", "Cf", "Cn", "Me", "Mn", "Zl", "Zp", "Zs"}
_INVISIBLE_CHARACTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0\U0001d159")

# Format characters that show nothing and join nothing, so that two texts look alike with and
# without them: soft hyphen, blanks without width, marks of direction. Joiners (U+200C, U+200D) and
# tags are not among them, since scripts and emoji are told apart by them.
_UNSEEN = dict.fromkeys(
    [0xAD, 0x200B, 0x200E, 0x200F, *range(0x2060, 0x2066), *range(0x206A, 0x2070), 0xFEFF]
)


# What case folding makes of İ.
_DOTTED_I = re.compile("i\u0307+")


def has_control_characters(text: str, *, allowed: str = "") -> bool:
    """Whether ``text`` holds a character no name or question needs, those ``allowed`` aside."""
    return _NONCHARACTER.search(text) is not None or any(
        unicodedata.category(character) in _REFUSED_CATEGORIES or character in _REFUSED_CHARACTERS
        for character in text
        if character not in allowed
    )


def printable_ascii(text: str) -> str:
    """What is printable ASCII in ``text``: for headers, which are to hold nothing else."""
    return "".join(each for each in text if each.isascii() and each.isprintable())


def fit_for_xml(text: str) -> str:
    """``text`` without the characters that an XML document cannot hold."""
    return _NOT_IN_XML.sub("", text)


def is_invisible(text: str) -> bool:
    """Whether nothing of ``text`` can be seen."""
    return all(
        unicodedata.category(character) in _INVISIBLE_CATEGORIES
        or character in _INVISIBLE_CHARACTERS
        for character in text
    )


def normalized(text: str) -> str:
    """In composed form (NFC) and without blanks around it, so that equal texts are equal.

    The time it takes grows with the square of the length where somebody means harm, so ``text``
    has to be of a bounded length.
    """
    return unicodedata.normalize("NFC", text).strip()


def comparable(text: str) -> str:
    """A form in which texts that look alike are the same: for finding doubles, not for showing."""
    visible = unicodedata.normalize("NFKC", text).translate(_UNSEEN)
    return " ".join(visible.casefold().split())


def searchable(text: str) -> str:
    """The form in which texts are searched: a search finds what contains it in this form.

    As :func:`comparable`, and the Turkish letters İ and ı are an i, since nobody can know which
    language an I was typed in. Accents count: "cafe" does not find "Café".
    """
    composed = unicodedata.normalize("NFKC", comparable(text))
    return _DOTTED_I.sub("i", composed.replace("ı", "i"))
