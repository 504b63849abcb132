"""What people write, made fit to keep: any script, no control characters."""

import unicodedata

# Cc: control characters, NUL among them, which PostgreSQL refuses. Cs: halves of surrogate
# pairs, which aren't text. Zl, Zp: line and paragraph separators.
_REFUSED_CATEGORIES = {"Cc", "Cs", "Zl", "Zp"}

# Format characters that show nothing and join nothing, so that two texts look alike with and
# without them: soft hyphen, blanks without width, marks of direction. Joiners (U+200C, U+200D) and
# tags are not among them, since scripts and emoji are told apart by them.
_UNSEEN = dict.fromkeys(
    [0xAD, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF]
)


def has_control_characters(text: str, *, allowed: str = "") -> bool:
    """Whether ``text`` holds a character no name or question needs, those ``allowed`` aside."""
    return any(
        unicodedata.category(character) in _REFUSED_CATEGORIES and character not in allowed
        for character in text
    )


def normalized(text: str) -> str:
    """In composed form (NFC) and without blanks around it, so that equal texts are equal.

    Nothing, where there is nothing to be seen.
    """
    text = unicodedata.normalize("NFC", text).strip()
    is_seen = any(not each.isspace() and unicodedata.category(each) != "Cf" for each in text)
    return text if is_seen else ""


def comparable(text: str) -> str:
    """A form in which texts that look alike are the same: for finding doubles, not for showing."""
    visible = unicodedata.normalize("NFKC", text).translate(_UNSEEN)
    return " ".join(visible.casefold().split())
