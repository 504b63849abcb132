"""What people write, made fit to keep: any script, no control characters."""

import unicodedata

# Cc: control characters, NUL among them, which PostgreSQL refuses. Cs: halves of surrogate
# pairs, which aren't text. Zl, Zp: line and paragraph separators.
_REFUSED_CATEGORIES = {"Cc", "Cs", "Zl", "Zp"}


def has_control_characters(text: str, *, allowed: str = "") -> bool:
    """Whether ``text`` holds a character no name or question needs, those ``allowed`` aside."""
    return any(
        unicodedata.category(character) in _REFUSED_CATEGORIES and character not in allowed
        for character in text
    )


def normalized(text: str) -> str:
    """In composed form (NFC) and without blanks around it, so that equal texts are equal."""
    return unicodedata.normalize("NFC", text).strip()


def comparable(text: str) -> str:
    """A form in which texts that look alike are the same: for finding doubles, not for showing."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())
