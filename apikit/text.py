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
# Unicode's Default_Ignorable_Code_Point: shown as nothing, assigned already or not.
_IGNORABLES = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"
)
# Signs that are blank, though Unicode calls them letters and symbols: of Braille, music and
# hieroglyphs; controls of Syriac, of annotations and of hieroglyphs (others are seen); and the
# place of an object that is missing.
_BLANKS = "\u070f\u2800\ufff9-\ufffc\U0001d159\U00013430-\U0001343f\U00013441\U00013442"
_SHOWS_NOTHING = re.compile(f"[{_IGNORABLES}{_BLANKS}{_NONCHARACTERS}]")
# Marks need a letter to stand on. Unassigned characters (Cn) are not among these: they are the
# letters and emoji of a newer Unicode than this Python knows.
_INVISIBLE_CATEGORIES = {"Cc", "Mc", "Me", "Mn", "Zl", "Zp", "Zs"}

# Format characters that change what is seen, and so tell two texts apart: in other places they show
# nothing. Letterforms of Mongolian, variants of ideographs, the flags of England, Scotland, Wales:
_CJK = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_SELECTED = (
    "(?<=[\u1800-\u180a\u1810-\u18af])[\u180b-\u180d\u180f]"
    f"|(?<=[{_CJK}])[\U000e0100-\U000e01ef]"
    "|(?<=\U0001f3f4)[\U000e0020-\U000e007e]+\U000e007f"
)
_SELECTOR = re.compile(f"({_SELECTED})|[\u180b-\u180f\U000e0000-\U000e0fff]")
# After RFC 5892, appendix A.1, and UTS 51: a non-joiner between letters of a cursive script, of
# which some never join the next; a joiner beside them, which shapes a letter even at the end of a
# word; both beside the sign that mutes a vowel in Indic scripts; a joiner between emoji.
_CURSIVE = "\u0620-\u08ff\u1800-\u180a\u1810-\u18af\ua840-\ua87f\U0001e900-\U0001e95f"
_NEVER_JOINS_NEXT = "\u0621-\u0625\u0627\u0629\u062f-\u0632\u0648\u0671\u0688\u0691\u0698\u06d2"
_VIRAMA = (
    "\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca\u1039\u17d2"
    "\U00011046\U000110b9\U00011133"
)
_EMOJI = "\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff\U000e007f"
_JOINED = (
    f"(?<=[{_CURSIVE}])(?<![{_NEVER_JOINS_NEXT}])\u200c(?=[{_CURSIVE}])"
    f"|(?<=[{_CURSIVE}])(?<![{_NEVER_JOINS_NEXT}])\u200d|\u200d(?=[{_CURSIVE}])"
    f"|(?<=[{_VIRAMA}])(?:\u200d|\u200c(?=\\w))|[\u200c\u200d](?=[{_VIRAMA}])"
    f"|(?<=[{_EMOJI}])\u200d(?=[{_EMOJI}])"
)
_JOINER = re.compile(f"({_JOINED})|[\u200c\u200d]")
_REPEATED_JOINER = re.compile("([\u200c\u200d])\\1+")
# All others. Selectors of presentation are among them: they make no other sign.
_ALWAYS_IDLE = re.compile(
    f"(?![\u180b-\u180f\u200c\u200d\U000e0000-\U000e0fff])[{_IGNORABLES}\ufff9-\ufffc\U0001d159]"
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
        for character in _SHOWS_NOTHING.sub("", text)
    )


def normalized(text: str) -> str:
    """In composed form (NFC) and without blanks around it, so that equal texts are equal.

    The time it takes grows with the square of the length where somebody means harm, so ``text``
    has to be of a bounded length.
    """
    return unicodedata.normalize("NFC", text).strip()


def comparable(text: str) -> str:
    """A form in which texts that look alike are the same: for finding doubles, not for showing.

    Format characters count only where they change what is seen.
    """
    plain = _ALWAYS_IDLE.sub("", _normalized_kc(text).replace("\u2800", " "))
    # Without what stood between them, marks may compose, and have another order.
    folded = _normalized_kc(_SELECTOR.sub(r"\1", plain).casefold())
    visible = _JOINER.sub(r"\1", _REPEATED_JOINER.sub(r"\1", folded))
    return " ".join(_normalized_kc(visible).split())


def searchable(text: str) -> str:
    """The form in which texts are searched: a search finds what contains it in this form.

    As :func:`comparable`, and the Turkish letters İ and ı are an i, since nobody can know which
    language an I was typed in. Accents count: "cafe" does not find "Café".
    """
    dotted = _DOTTED_I.sub("i", comparable(text).replace("ı", "i"))
    return _normalized_kc(dotted)


def _normalized_kc(text: str) -> str:
    return unicodedata.normalize("NFKC", text)
