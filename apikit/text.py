"""Validates and normalizes texts of users: any script, no control characters."""

import re
import unicodedata

# Cc: control characters, including NUL, which PostgreSQL refuses. Cs: surrogates. Zl, Zp: line and
# paragraph separators.
_REFUSED_CATEGORIES = {"Cc", "Cs", "Zl", "Zp"}
# Bidirectional overrides and isolates, which can disguise a text. Marks and joiners (U+200C to
# U+200F) are part of some scripts.
_REFUSED_CHARACTERS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Noncharacters, reserved for internal use. XML cannot represent U+FFFE and U+FFFF.
_NONCHARACTERS = "\ufdd0-\ufdef" + "".join(
    f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}" for plane in range(17)
)
_NONCHARACTER = re.compile(f"[{_NONCHARACTERS}]")
# Everything but production [2] Char of XML 1.0: not representable, escaped or not.
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Unicode's Default_Ignorable_Code_Point: invisible, assigned or not.
_IGNORABLES = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"
)
# Blank characters that Unicode classifies as letters or symbols: of Braille, music and hieroglyphs;
# controls of Syriac, annotations and hieroglyphs (others are visible); the object replacement
# character.
_BLANKS = "\u070f\u2800\ufff9-\ufffc\U0001d159\U00013430-\U0001343f\U00013441\U00013442"
_SHOWS_NOTHING = re.compile(f"[{_IGNORABLES}{_BLANKS}{_NONCHARACTERS}]")
# Marks are invisible without a base letter. Unassigned characters (Cn) count as visible: they may
# be letters and emoji of a newer Unicode version.
_INVISIBLE_CATEGORIES = {"Cc", "Mc", "Me", "Mn", "Zl", "Zp", "Zs"}

# Format characters that change how a text looks, and so distinguish texts; elsewhere they are
# invisible. Mongolian letterforms, variants of ideographs, the flags of England, Scotland, Wales:
_CJK = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_SELECTED = (
    "(?<=[\u1800-\u180a\u1810-\u18af])[\u180b-\u180d\u180f]"
    f"|(?<=[{_CJK}])[\U000e0100-\U000e01ef]"
    "|(?<=\U0001f3f4)[\U000e0020-\U000e007e]+\U000e007f"
)
_SELECTOR = re.compile(f"({_SELECTED})|[\u180b-\u180f\U000e0000-\U000e0fff]")
# After RFC 5892, appendix A.1, and UTS 51: a non-joiner between letters of a cursive script, some
# of which never join the next letter; a joiner beside them, which shapes a letter even at the end
# of a word; both beside a virama in Indic scripts; a joiner between emoji.
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
# All others, including variation selectors of emoji presentation.
_ALWAYS_IDLE = re.compile(
    f"(?![\u180b-\u180f\u200c\u200d\U000e0000-\U000e0fff])[{_IGNORABLES}\ufff9-\ufffc\U0001d159]"
)
# The result of case folding İ.
_DOTTED_I = re.compile("i\u0307+")


def has_control_characters(text: str, *, allowed: str = "") -> bool:
    """Return whether ``text`` has control characters or the like, except those ``allowed``."""
    return _NONCHARACTER.search(text) is not None or any(
        unicodedata.category(character) in _REFUSED_CATEGORIES or character in _REFUSED_CHARACTERS
        for character in text
        if character not in allowed
    )


def printable_ascii(text: str) -> str:
    """Remove everything but printable ASCII, for headers."""
    return "".join(each for each in text if each.isascii() and each.isprintable())


def fit_for_xml(text: str) -> str:
    """Remove the characters that XML cannot represent."""
    return _NOT_IN_XML.sub("", text)


def is_invisible(text: str) -> bool:
    """Return whether ``text`` has no visible character."""
    return all(
        unicodedata.category(character) in _INVISIBLE_CATEGORIES
        for character in _SHOWS_NOTHING.sub("", text)
    )


def normalized(text: str) -> str:
    """Return ``text`` in composed form (NFC), stripped of whitespace.

    Takes quadratic time for malicious input, so the length of ``text`` must be bounded.
    """
    return unicodedata.normalize("NFC", text).strip()


def comparable(text: str) -> str:
    """Return a form that is equal for texts that look alike: to find duplicates, not to display.

    Format characters count only where they change how the text looks.
    """
    plain = _ALWAYS_IDLE.sub("", _normalized_kc(text).replace("\u2800", " "))
    # Removing characters can let marks compose, or change their order.
    folded = _normalized_kc(_SELECTOR.sub(r"\1", plain).casefold())
    visible = _JOINER.sub(r"\1", _REPEATED_JOINER.sub(r"\1", folded))
    return " ".join(_normalized_kc(visible).split())


def searchable(text: str) -> str:
    """Return the form in which texts are searched; a search finds texts that contain its form.

    Like :func:`comparable`, but the Turkish letters İ and ı become i, because the language of an I
    is unknown. Accents count: "cafe" does not find "Café".
    """
    dotted = _DOTTED_I.sub("i", comparable(text).replace("ı", "i"))
    return _normalized_kc(dotted)


def _normalized_kc(text: str) -> str:
    return unicodedata.normalize("NFKC", text)
